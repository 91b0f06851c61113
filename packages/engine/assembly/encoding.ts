// Encodings: the halves of input values above and below their rest, and the segments that their distance from rest runs through.
import { encodingAt, hasRoom, newUnit } from './room';
import { reach } from './blocks';
import { allocate, insert, push as append, release } from './memory';
import { exists, Unit } from './model';
import { BELOW, Encoding, Input } from './terminals';
import { addSection, blockOf } from './section';

/** Values that set an encoding's first knot: few, since wide inputs have many encodings. */
export const EARLY: u32 = 7;
/** Memory that must be free for an encoding to begin. */
const ROOM: usize = 1 << 20;

/** The encoding of value `i` on one side, made if it is new, its knots moved by the distance `p`; null if there is no memory for a new one. */
@inline
export function observe(input: Input, side: usize, i: u32, p: f32): Encoding {
  const encoding = encodingAt(side, i);
  if (!exists(encoding) || encoding.seen < EARLY) return observeEarly(input, side, i, p);
  if (p > encoding.lastKnot) exceed(input, encoding);
  else if (encoding.excess != 0) encoding.excess *= 0.98;
  return encoding;
}

/** One outlier changes nothing: only some values beyond the last knot, close together, double the range. */
function exceed(input: Input, encoding: Encoding): void {
  encoding.excess += 1;
  if (encoding.excess < 8 || !hasRoom(ROOM)) return;
  let last: Unit = encoding;
  while (exists(last.next)) last = last.next;
  const step = newUnit(input);
  last.next = step;
  // Without weights, so that answers stay as they are.
  for (let k: u32 = 0; k < encoding.count; k++) addSection(step, blockOf(encoding, k));
  step.from = encoding.lastKnot;
  step.scale = <f32>1 / encoding.lastKnot;
  encoding.lastKnot *= 2;
  encoding.excess = 0;
}

/** The first knot: a quarter above the largest of the first values that is at most 8 times their lower median. */
function observeEarly(input: Input, side: usize, i: u32, p: f32): Encoding {
  let encoding = encodingAt(side, i);
  if (!exists(encoding)) {
    if (!hasRoom(ROOM)) return encoding;
    encoding = newEncoding(input, side == input.below ? i | BELOW : i);
    encoding.early = allocate(EARLY * 4);
    reach(input, encoding);
  }
  const early = encoding.early;
  insert(early, encoding.seen++, p);
  const limit: f32 = 8 * load<f32>(early + ((encoding.seen - 1) / 2) * 4);
  let largest: f32 = p;
  for (let k: u32 = 0; k < encoding.seen; k++) {
    const v = load<f32>(early + k * 4);
    if (v <= limit) largest = v;
  }
  // Smaller ones would have no reciprocal.
  encoding.lastKnot = max<f32>(1.25 * largest, 1e-30);
  encoding.scale = <f32>1 / encoding.lastKnot;
  if (encoding.seen == EARLY) {
    release(early, encoding.seen * 4);
    encoding.early = 0;
  }
  return encoding;
}

/** An encoding without steps beside its first. */
export function newEncoding(input: Input, index: u32): Encoding {
  const encoding = changetype<Encoding>(newUnit(input));
  encoding.index = index;
  append<Encoding>(input.encodings, encoding);
  store<usize>((index & BELOW ? input.below : input.above) + (index & ~BELOW) * sizeof<usize>(), changetype<usize>(encoding));
  return encoding;
}

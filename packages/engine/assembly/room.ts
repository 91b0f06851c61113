// Room for what is new: memory of inputs, and whether there is any left.
import { allocate, release, resize, room } from './memory';
import { net, NO_FEATURE, Unit } from './model';
import { Encoding, Input } from './terminals';

@inline
export function encodingAt(side: usize, i: u32): Encoding {
  return changetype<Encoding>(load<usize>(side + i * sizeof<usize>()));
}

/** Makes room for `width` values; what was learnt stays. */
export function widenInput(input: Input, width: u32): void {
  if (width <= input.width) return;
  const old = input.width * sizeof<usize>();
  const bytes = width * sizeof<usize>();
  input.above = resize(input.above, old, old, bytes);
  input.below = resize(input.below, old, old, bytes);
  release(input.deviations, input.width * 8 + 8);
  input.deviations = allocate(width * 8 + 8);
  input.width = width;
}

/** Whether memory is left for something new; if not, the cluster stays as large as it is, and says so. */
export function hasRoom(bytes: usize): bool {
  if (room(bytes)) return true;
  net.full = 1;
  return false;
}

/** A unit of an input. */
export function newUnit(input: Input): Unit {
  const unit = changetype<Unit>(allocate(offsetof<Encoding>()));
  unit.followed = net.steps;
  unit.averaged = net.steps;
  unit.feature = NO_FEATURE;
  if (++input.units > input.activeCapacity) {
    const old = input.activeCapacity * 8;
    const end = input.activeEnd - input.active;
    input.activeCapacity = max<u32>(64, input.activeCapacity * 2);
    input.active = resize(input.active, old, end, input.activeCapacity * 8);
    input.activeEnd = input.active + end;
  }
  return unit;
}

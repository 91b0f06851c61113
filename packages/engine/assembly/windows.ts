// Windows on pictures: which size of a picture a block sees, and where.
import { Field, net } from './model';
import { uniform } from './random';
import { Input } from './terminals';

/** Side of the window that a block sees of a picture, and of one at half its size; how far it may hang over the edge. */
const WINDOW: i32 = 10;
const HALF_WINDOW: i32 = 7;
const OVERHANG: i32 = 1;
/** A hexagon's first blocks see a picture at half its size, of the later ones every second. */
const FIRST_HALVES: u32 = 16;

/** Whether a hexagon's nth block sees pictures at half their size. Of several shards each has one size only, so that it need not sense the other. */
export function seesHalves(nth: u32): bool {
  return net.shards > 1 ? net.shard % 2 == 0 : nth <= FIRST_HALVES || nth % 2 == 1;
}

@inline
export function windowSide(input: Input): i32 {
  return input.half ? WINDOW : HALF_WINDOW;
}

/** Windows lie as the points of a sequence that covers the picture evenly however long it is (the R2 sequence: Roberts 2018). */
export function placeWindow(field: Field, input: Input): void {
  if (input.users == 0) {
    input.windowX = uniform();
    input.windowY = uniform();
  }
  const k = <f32>++input.users;
  field.x = along(input.pictureColumns, windowSide(input), input.windowX + k * 0.7548777);
  field.y = along(input.pictureRows, windowSide(input), input.windowY + k * 0.5698403);
}

function along(size: u32, window: i32, t: f32): i32 {
  return <i32>((t - Mathf.floor(t)) * <f32>max(1, <i32>size - window + 1 + 2 * OVERHANG)) - OVERHANG;
}

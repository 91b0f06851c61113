// When hexagons grow: errors buy blocks, or new rows of tables do.
import { growBlock } from './blocks';
import { at } from './memory';
import { Hexagon, net } from './model';
import { laneOf, Link, Output } from './terminals';

/** Blocks that a hexagon starts with, one a cycle, and the error that must gather for one more. */
const START: u32 = 16;
const GROWTH_COST: f32 = 10;

/** After each step: errors buy blocks, for the hexagon that has fewest. */
export function grow(largestError: f32): void {
  net.growthBudget += min<f32>(1, largestError);
  let fewest: Hexagon | null = null;
  for (let i: u32 = 0; i < net.hexagons.length; i++) {
    const hexagon = at<Hexagon>(net.hexagons, i);
    const n = hexagon.blocks.length;
    const most = mostBlocks(hexagon);
    if (n < min(START / net.shards, most)) growBlock(hexagon);
    else if (n < most && (!fewest || n < fewest.blocks.length)) fewest = hexagon;
  }
  if (net.growthBudget < GROWTH_COST * <f32>net.shards) return;
  net.growthBudget = 0;
  if (fewest) growBlock(fewest);
}

/** New rows of tables that the first blocks of all folds serve; twice as many for each more. */
const ROWS_A_BLOCK: u32 = 500;

/**
 * More neurons are worth their time where hexagons count beside the least-squares layer at least so much and, of measurements, take away at least this part
 * of its error, which is no smaller than this in scales: else noise limits the answers, or the layer is enough.
 */
const HELPFUL: f32 = 0.3;
const TAKEN: f32 = 0.05;
const ENOUGH: f32 = 0.03;

/** In a net of tables each fold grows with the rows that are new while its neurons help beside the least-squares layer; the tracker is there from the start. */
export function growFolds(): void {
  let wanted: u32 = 1;
  for (let rows: u64 = ROWS_A_BLOCK; <u64>net.fresh >= rows; rows *= 2) wanted++;
  const helpful = foldsHelp();
  for (let i: u32 = 0; i < net.hexagons.length; i++) {
    const hexagon = at<Hexagon>(net.hexagons, i);
    const limit: u32 = hexagon.group == net.folds ? hexagon.most : helpful ? wanted : 1;
    const n = hexagon.blocks.length * net.shards;
    if (n < min(limit, hexagon.most * net.shards)) growBlock(hexagon);
  }
}

function foldsHelp(): bool {
  for (let i: u32 = 0; i < net.outputs.length; i++) {
    const output = at<Output>(net.outputs, i);
    if (output.mixing <= HELPFUL) continue;
    for (let k: u32 = 0; k < output.width; k++) {
      const lane = laneOf(output, k);
      if (!lane.linear || (lane.regressionSize > ENOUGH && lane.errorSize < (1 - TAKEN) * lane.regressionSize)) return true;
    }
  }
  return false;
}

/** Blocks that this shard may grow in a hexagon. Where shards see pictures at one size each, the half size gets three blocks of four, as without shards. */
function mostBlocks(hexagon: Hexagon): u32 {
  if (net.shards == 1 || !seesPicture(hexagon)) return net.maxBlocks;
  return net.shard % 2 == 0 ? net.maxBlocks + net.maxBlocks / 2 : net.maxBlocks / 2;
}

function seesPicture(hexagon: Hexagon): bool {
  for (let i: u32 = 0; i < hexagon.links.length; i++) {
    const input = at<Link>(hexagon.links, i).input;
    if (input && input.pictureColumns != 0) return true;
  }
  return false;
}

// When what is to be learnt has changed: what was kept of the old concept is dropped, and what is known about it.
import { forgetKnowledge } from './column';
import { fresh } from './fold';
import { at } from './memory';
import { trackerLeads } from './mixing';
import { net } from './model';
import { Output } from './terminals';

/**
 * New rows that the tracker must have led for. Sooner would be faster after a change, but what only comes again, such as a season, would be forgotten with it.
 */
const PATIENCE: u32 = 1000;

/** After each new row: where the tracker leads for good, the folds learn from the rows that come now, and the least-squares layer as if it had seen none. */
export function follow(): void {
  if (!fresh) return;
  let leads = false;
  for (let i: u32 = 0; i < net.outputs.length; i++) if (trackerLeads(at<Output>(net.outputs, i))) leads = true;
  if (!leads) {
    net.leading = 0;
    return;
  }
  if (++net.leading != PATIENCE) return;
  net.replayCount = 0;
  net.sampled = 0;
  forgetKnowledge();
}

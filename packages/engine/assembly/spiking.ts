// Neurons with a memory, for templates that ask for a cooldown or a refractory time.
import { LANES, net, ROW } from './model';

/** Larger potentials mean nothing. */
const LARGEST: f32 = 1e30;

/**
 * What is left of a neuron's potential cools down: it is divided by the cooldown each cycle. Only when its refractory time is over does a neuron
 * take new input; taking some that excites it starts that time anew. @param passing false for a mere probe, which changes nothing of that.
 */
export function spike(block: u32, passing: bool): void {
  for (let lane: u32 = 0; lane < LANES; lane++) {
    const place = block * ROW + lane * 4;
    const refractoryLeft = load<u32>(net.refractoryLeft + place);
    const input = load<f32>(net.value + place);
    let potential = load<f32>(net.potential + place) / net.cooldown;
    if (refractoryLeft == 0) potential = min(LARGEST, potential + input);
    store<f32>(net.value + place, potential);
    if (!passing) continue;
    store<u32>(net.refractoryLeft + place, refractoryLeft > 0 ? refractoryLeft - 1 : input > 0 ? net.refractory - 1 : 0);
    store<i32>(net.spiked + place, refractoryLeft == 0 ? -1 : 0);
    store<f32>(net.potential + place, max<f32>(0, potential));
  }
}

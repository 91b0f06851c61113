// The direct path: outputs read narrow inputs without a hexagon between, by recursive least squares (Plackett 1950). It finds what is linear, and
// what each value adds by itself, in few rows; the hexagons learn what is left.
import { allocate, at, release, resize } from './memory';
import { Input, net, Output, ROW } from './model';

/** Most features of a cluster: values of narrow inputs and the steps of their channels. */
export const MAX_FEATURES: u32 = 512;
/** Variance that a feature's weight is expected to have: of a value or a level, and of a step. */
const VALUE_PRIOR: f64 = 100;
const STEP_PRIOR: f64 = 0.1;
/** A row that tells less than this changes what is known about the features at every KNOWN_EVERY-th step only. */
const KNOWN: f64 = 0.02;
const KNOWN_EVERY: u32 = 4;

/** A new feature of a narrow input; its number, MAX_FEATURES if there are too many or the input is not narrow. */
export function newFeature(input: Input, expected: bool): u32 {
  if (!input.narrow || net.features == MAX_FEATURES) return MAX_FEATURES;
  if (net.priors == 0) net.priors = allocate(MAX_FEATURES * 8);
  const f = net.features++;
  store<f64>(net.priors + f * 8, expected ? VALUE_PRIOR : STEP_PRIOR);
  for (let i: u32 = 0; i < net.outputs.length; i++) {
    growDirect(at<Output>(net.outputs, i));
    forgetCovariance(at<Output>(net.outputs, i), f);
  }
  return f;
}

/** Room for all features of the net. */
export function growDirect(output: Output): void {
  const old = output.featureCapacity;
  if (output.direct.length == 0 || net.features <= old) return;
  const capacity = max<u32>(32, (net.features + net.features / 2 + 1) & ~1);
  const covariance = allocate(capacity * capacity * 8);
  for (let i: u32 = 0; i < old; i++) memory.copy(covariance + i * capacity * 8, output.covariance + i * old * 8, old * 8);
  release(output.covariance, old * old * 8);
  output.covariance = covariance;
  const bytes = output.bundles * ROW;
  output.weights = resize(output.weights, old * bytes, old * bytes, capacity * bytes);
  output.gains = resize(output.gains, old * 8, 0, capacity * 8);
  output.featureCapacity = capacity;
}

/** What was known about the weights did not know of the new feature: it is forgotten, the weights stay. */
export function surprise(): void {
  for (let i: u32 = 0; i < net.outputs.length; i++) {
    const output = at<Output>(net.outputs, i);
    memory.fill(output.covariance, 0, output.featureCapacity * output.featureCapacity * 8);
    forgetCovariance(output, 0);
  }
}

function forgetCovariance(output: Output, from: u32): void {
  if (output.direct.length == 0) return;
  for (let f = from; f < net.features; f++) store<f64>(output.covariance + f * (output.featureCapacity + 1) * 8, load<f64>(net.priors + f * 8));
}

/** direct potential = Σ value · weights, over the features of the inputs that the output reads. */
export function readDirect(output: Output): void {
  const bytes = output.bundles * ROW;
  for (let i: u32 = 0; i < output.direct.length; i++) {
    const input = at<Input>(output.direct, i);
    if (i == 0) memory.fill(output.directValue, 0, bytes);
    for (let p = input.features; p < input.featuresEnd; p += 8) {
      const r = v128.load32_splat(p, 4);
      const row = output.weights + load<u32>(p) * bytes;
      for (let b: usize = 0; b < bytes; b += 16) {
        const z = output.directValue + b;
        v128.store(z, f32x4.relaxed_madd(r, v128.load(row + b), v128.load(z)));
      }
    }
  }
}

/** k = P r; weights −= k e / (1 + s rᵀk); P −= s k kᵀ / (1 + s rᵀk), with P the covariance and s the slope of the answers. */
export function learnDirect(output: Output, slope: f64): void {
  if (output.direct.length == 0) return;
  const n = (net.features + 1) & ~1;
  const stride = output.featureCapacity * 8;
  const gains = output.gains;
  memory.fill(gains, 0, n * 8);
  for (let i: u32 = 0; i < output.direct.length; i++) {
    const input = at<Input>(output.direct, i);
    for (let p = input.features; p < input.featuresEnd; p += 8) {
      const r = f64x2.splat(<f64>load<f32>(p, 4));
      const row = output.covariance + load<u32>(p) * stride;
      for (let j: usize = 0; j < n * 8; j += 16) v128.store(gains + j, f64x2.relaxed_madd(r, v128.load(row + j), v128.load(gains + j)));
    }
  }
  let news: f64 = 0;
  for (let i: u32 = 0; i < output.direct.length; i++) {
    const input = at<Input>(output.direct, i);
    for (let p = input.features; p < input.featuresEnd; p += 8) news += <f64>load<f32>(p, 4) * load<f64>(gains + load<u32>(p) * 8);
  }
  const factor = -1 / (1 + slope * news);
  const bytes = output.bundles * ROW;
  for (let f: u32 = 0; f < net.features; f++) {
    const g = f32x4.splat(<f32>(factor * load<f64>(gains + f * 8)));
    const row = output.weights + f * bytes;
    for (let b: usize = 0; b < bytes; b += 16) v128.store(row + b, f32x4.relaxed_madd(g, v128.load(output.directError + b), v128.load(row + b)));
  }
  if (news * slope < KNOWN) {
    if (net.steps % KNOWN_EVERY != 0) return;
    slope *= KNOWN_EVERY;
  }
  const shrink = -slope / (1 + slope * news);
  for (let i: u32 = 0; i < n; i++) {
    const g = f64x2.splat(shrink * load<f64>(gains + i * 8));
    const row = output.covariance + i * stride;
    for (let j: usize = 0; j < n * 8; j += 16) v128.store(row + j, f64x2.relaxed_madd(g, v128.load(gains + j), v128.load(row + j)));
  }
}

import { Net, net } from './model';

/** Uniform 64 bits: splitmix64 (Steele, Lea, Flood 2014), its state kept in the net so that a seed fixes all. */
@inline
function bits(state: usize): u64 {
  const s = load<u64>(state) + 0x9e3779b97f4a7c15;
  store<u64>(state, s);
  let z = s;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

/** Uniform in [0, 1). */
export function uniform(): f32 {
  return <f32>(bits(changetype<usize>(net)) >> 40) * (1.0 / 16777216.0);
}

/** Uniform whole number in [0, n). */
export function below(n: u32): u32 {
  return <u32>(((bits(changetype<usize>(net)) >> 32) * <u64>n) >> 32);
}

/** Standard normal (Box and Muller 1958). */
export function normal(): f32 {
  const radius = Mathf.sqrt(-2.0 * Mathf.log(1.0 - uniform()));
  return radius * Mathf.cos(6.2831853 * uniform());
}

/** 32 random bits that are the same in all shards of a cluster. */
export function common(): u32 {
  return <u32>(bits(changetype<usize>(net) + offsetof<Net>('choice')) >> 32);
}

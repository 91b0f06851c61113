/** Uniform numbers in [0, 1), the same for the same seed (mulberry32). */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The entries of a list in random order (Fisher and Yates 1938). @param random numbers in [0, 1). */
export function shuffled<Entry>(list: Iterable<Entry>, random: () => number): Entry[] {
  const found = [...list];
  for (let i = found.length - 1; i > 0; i--) {
    const k = Math.floor(random() * (i + 1));
    [found[i], found[k]] = [found[k] as Entry, found[i] as Entry];
  }
  return found;
}

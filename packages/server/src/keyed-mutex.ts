/** A mutex for each key: work on the same key runs one after the other, in the order in which it came. */
export class KeyedMutex {
  /** Promise of the latest work, by key. */
  private readonly last = new Map<string, Promise<unknown>>();

  /** Runs `work` when nothing else runs under the key; returns its result. */
  async runExclusive<T>(key: string, work: () => Promise<T>): Promise<T> {
    const run = (this.last.get(key) ?? Promise.resolve()).then(work, work);
    this.last.set(key, run);
    try {
      return await run;
    } finally {
      if (this.last.get(key) === run) this.last.delete(key);
    }
  }
}

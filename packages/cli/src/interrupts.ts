/** Cleanup functions, run in reverse order when the user interrupts the command (Ctrl-C). */
const endings: (() => Promise<void> | void)[] = [];

const CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

let ending = false;
for (const signal of Object.keys(CODES) as (keyof typeof CODES)[]) {
  process.on(signal, () => {
    // A second Ctrl-C exits at once.
    if (ending) process.exit(CODES[signal]);
    ending = true;
    void (async () => {
      for (const end of endings.toReversed()) await Promise.resolve(end()).catch(() => {});
      process.exit(CODES[signal]);
    })();
  });
}

/** Runs `work`, and `end` if it is interrupted. */
export async function withEnding<Answer>(work: () => Promise<Answer>, end: () => Promise<void> | void): Promise<Answer> {
  const remove = atInterrupt(end);
  try {
    return await work();
  } finally {
    remove();
  }
}

/** Registers a cleanup function for interrupts; returns one that removes it. */
export function atInterrupt(end: () => Promise<void> | void): () => void {
  endings.push(end);
  return () => {
    const at = endings.indexOf(end);
    if (at >= 0) endings.splice(at, 1);
  };
}

/** Prints a message for the user to standard error. */
export function tell(sentence: string): void {
  // Clears a progress bar in the line, which is drawn again below.
  process.stderr.write(`${process.stderr.isTTY ? '\r\x1b[K' : ''}${sentence}\n`);
}

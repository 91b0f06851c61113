/** What is put in order when the person at the keyboard ends the command (Ctrl-C), the last thing first. */
const endings: (() => Promise<void> | void)[] = [];

const CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

let ending = false;
for (const signal of Object.keys(CODES) as (keyof typeof CODES)[]) {
  process.on(signal, () => {
    // A second Ctrl-C waits for nothing.
    if (ending) process.exit(CODES[signal]);
    ending = true;
    void (async () => {
      for (const end of endings.toReversed()) await Promise.resolve(end()).catch(() => {});
      process.exit(CODES[signal]);
    })();
  });
}

/** Does something that leaves `end` to be done if it is interrupted. */
export async function withEnding<Answer>(work: () => Promise<Answer>, end: () => Promise<void> | void): Promise<Answer> {
  const remove = atInterrupt(end);
  try {
    return await work();
  } finally {
    remove();
  }
}

/** Notes what is done at an interrupt; returns how to forget it. */
export function atInterrupt(end: () => Promise<void> | void): () => void {
  endings.push(end);
  return () => {
    const at = endings.indexOf(end);
    if (at >= 0) endings.splice(at, 1);
  };
}

/** Says something to the person at the keyboard, beside what the command prints. */
export function tell(sentence: string): void {
  // A bar that stands in the line gives way to it, and is drawn anew below.
  process.stderr.write(`${process.stderr.isTTY ? '\r\x1b[K' : ''}${sentence}\n`);
}

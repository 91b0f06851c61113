/** A slot of the one who took it. */
export interface Slot {
  /** Whether it should be given back, since others have less. */
  readonly leaves: boolean;
  /** Gives it back. */
  free(): void;
}

/** What waits for a slot, or has one: the next task of a cluster. */
interface Holder extends Slot {
  readonly project: string;
  /** Asks it to give its slot back; undefined if it could not go on where it was. */
  readonly leave: (() => void) | undefined;
  /** When it got its slot, in the order of all; 0: it waits. */
  since: number;
  leaves: boolean;
}

interface Waiting extends Holder {
  readonly resolve: (isMine: boolean) => void;
}

/**
 * Who runs. There are so many slots; a free one goes to the project that has the fewest, of those to the one that got none for longest, within a
 * project to who waits longest. Where all are taken, a project that has at least two less than another one gets one of that: the last that it got is asked to leave. So nobody waits for
 * the thousand tasks of somebody else, and everybody gets all slots while nobody else wants them.
 */
export class Slots {
  /** In the order in which they came. */
  private readonly waiting: Waiting[] = [];
  private readonly running = new Set<Holder>();
  /** Most slots of single projects. */
  private readonly limits = new Map<string, number>();
  private given = 0;
  /** When each project got its last slot, in the order of all. */
  private readonly served = new Map<string, number>();
  private isClosed = false;

  /** @param count slots. */
  constructor(private readonly count: number) {}

  /** Most slots that a project may have at once; null: no limit of its own. */
  limit(project: string, most: number | null): void {
    if (most === null) this.limits.delete(project);
    else this.limits.set(project, most);
    this.share();
  }

  /**
   * Waits for a slot.
   * @param leave called if it should be given back, since others have less; left out: it is kept to the end.
   * @returns undefined when the slots are closed.
   */
  async take(project: string, leave?: () => void): Promise<Slot | undefined> {
    if (this.isClosed) return undefined;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const free = (): void => {
      if (this.running.delete(holder)) this.share();
    };
    const holder: Waiting = { project, leave, since: 0, leaves: false, free, resolve };
    this.waiting.push(holder);
    this.share();
    return (await promise) ? holder : undefined;
  }

  /** Nobody gets a slot any more; those who wait are told. */
  close(): void {
    this.isClosed = true;
    for (const { resolve } of this.waiting.splice(0)) resolve(false);
  }

  private share(): void {
    if (this.isClosed) return;
    for (let next = this.next(); next; next = this.next()) {
      if (this.running.size >= this.count) {
        this.makeRoom(next);
        return;
      }
      this.waiting.splice(this.waiting.indexOf(next), 1);
      next.since = ++this.given;
      this.served.set(next.project, next.since);
      this.running.add(next);
      next.resolve(true);
    }
  }

  /** Who is to get the next slot. */
  private next(): Waiting | undefined {
    const has = this.taken();
    let best: Waiting | undefined;
    let least = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY] as const;
    for (const waiting of this.waiting) {
      const own = [has.get(waiting.project) ?? 0, this.served.get(waiting.project) ?? 0] as const;
      if (own[0] >= (this.limits.get(waiting.project) ?? Number.POSITIVE_INFINITY)) continue;
      if (own[0] > least[0] || (own[0] === least[0] && own[1] >= least[1])) continue;
      best = waiting;
      least = own;
    }
    return best;
  }

  /** Asks one to leave whose project has two more than who waits, of the project with the most the last. One at a time: the next when it has left. */
  private makeRoom({ project }: Waiting): void {
    const has = this.taken();
    const of = (holder: Holder): number => has.get(holder.project) ?? 0;
    const fewer = (has.get(project) ?? 0) + 2;
    const all = [...this.running];
    if (all.some(({ leaves }) => leaves)) return;
    const [last] = all.filter((holder) => holder.leave && of(holder) >= fewer).sort((a, b) => of(b) - of(a) || b.since - a.since);
    if (!last) return;
    last.leaves = true;
    last.leave?.();
  }

  /** Slots of each project. */
  private taken(): Map<string, number> {
    const has = new Map<string, number>();
    for (const { project } of this.running) has.set(project, (has.get(project) ?? 0) + 1);
    return has;
  }
}

// How much of the machine others take: what is measured while they take a lot says nothing.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** Clock ticks a second (sysconf(_SC_CLK_TCK) of Linux). */
const TICKS = 100;

interface CpuTimes {
  /** Ticks of all processes of the machine, and those that other machines on the same hardware took from it. */
  readonly all: number;
  /** Ticks of this process, and of all that it started. */
  readonly ours: number;
  readonly at: number;
}

/** CPU time so far; undefined where the system does not tell. */
function cpuTimes(): CpuTimes | undefined {
  if (!existsSync('/proc/stat')) return undefined;
  const stat = readFileSync('/proc/stat', 'utf8');
  // Of a container that has a part of the machine nothing can be said.
  if (stat.match(/^cpu\d/gm)?.length !== availableParallelism()) return undefined;
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = /^cpu +(.*)/.exec(stat)?.[1]?.split(' ').map(Number) ?? [];
  const processes = new Map(readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [[Number(name), ticksOf(name)] as const] : [])));
  const isOurs = (pid: number): boolean => pid === process.pid || (pid > 1 && isOurs(processes.get(pid)?.parent ?? 0));
  let ours = 0;
  for (const [pid, { ticks }] of processes) if (isOurs(pid)) ours += ticks;
  return { all: user + nice + system + irq + softirq + steal, ours, at: performance.now() };
}

/** The parent of a process, and its ticks with those of its children that have ended. */
function ticksOf(pid: string): { readonly parent: number; readonly ticks: number } {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Behind the name, which may hold blanks: state, parent, …, and as 12th to 15th utime, stime, cutime, cstime.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { parent: Number(fields[1]), ticks: fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0) };
  } catch {
    // It has just ended.
    return { parent: 0, ticks: 0 };
  }
}

/** Begins to measure; the returned function tells which part of the machine's time others took since then, from 0 to 1. */
export function othersShare(): () => number {
  const before = cpuTimes();
  return () => {
    const now = cpuTimes();
    if (!before || !now) return 0;
    const ticks = ((now.at - before.at) / 1000) * TICKS * availableParallelism();
    return Math.min(1, Math.max(0, (now.all - before.all - (now.ours - before.ours)) / ticks));
  };
}

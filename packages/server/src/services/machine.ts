import { readdir, readFile } from 'node:fs/promises';
import { arch, platform, totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { MachineReading } from '@openhanami/contract';

/** Milliseconds between the two readings of an energy meter. */
const POWER_WINDOW_MS = 200;
const MICRO = 1e-6;

/** Information and sensors of the machine, from /proc and /sys; what is missing is reported as such. */
export class Machine {
  /** @param root folder that contains `proc` and `sys`; another one only in tests. */
  constructor(private readonly root = '/') {}

  async systemInfo(): Promise<{ info: MachineReading }> {
    const cpus = await this.cpus();
    const memory = parseFields(await this.text('proc/meminfo'));
    const bytes = (name: string): number | undefined => {
      const kilobytes = /^(\d+) kB$/.exec(memory.get(name) ?? '')?.[1];
      return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
    };
    const sockets = new Set(cpus.map((cpu) => cpu.get('physical id') ?? '0'));
    const cores = new Set(cpus.map((cpu) => `${cpu.get('physical id') ?? '0'}:${cpu.get('core id') ?? cpu.get('processor')}`));
    return {
      info: {
        platform: platform(),
        architecture: arch(),
        cpu:
          cpus.length > 0
            ? { model: cpus[0]?.get('model name') ?? 'unknown', sockets: sockets.size, cores: cores.size, threads: cpus.length }
            : missing('there is no /proc/cpuinfo'),
        cpu_threads: cpus.map((cpu) => ({
          thread: Number(cpu.get('processor')),
          core: Number(cpu.get('core id') ?? cpu.get('processor')),
          socket: Number(cpu.get('physical id') ?? 0),
        })),
        memory: {
          total_bytes: bytes('MemTotal') ?? totalmem(),
          available_bytes: bytes('MemAvailable') ?? null,
          swap_total_bytes: bytes('SwapTotal') ?? null,
        },
      },
    };
  }

  /** The threads of this process: where each ran last, and how much CPU time it took. */
  async threading(): Promise<{ thread_map: MachineReading }> {
    const folder = 'proc/self/task';
    const threads: Record<string, unknown> = {};
    for (const id of await this.names(folder)) {
      const stat = (await this.text(`${folder}/${id}/stat`)) ?? '';
      // The name is in brackets and may contain anything; the fields from the third on follow (proc_pid_stat(5)).
      const end = stat.lastIndexOf(')');
      if (end < 0) continue;
      const fields = stat.slice(end + 2).split(' ');
      const field = (number: number): number => Number(fields[number - 3]);
      const ticksASecond = 100;
      threads[id] = {
        name: stat.slice(stat.indexOf('(') + 1, end),
        cpu_thread: field(39),
        cpu_seconds: (field(14) + field(15)) / ticksASecond,
      };
    }
    return { thread_map: Object.keys(threads).length > 0 ? { available: true, threads } : missing('there is no /proc/self/task') };
  }

  async speed(): Promise<{ current_speed: MachineReading }> {
    const speeds: Record<string, number> = {};
    for (const name of await this.names('sys/devices/system/cpu', /^cpu\d+$/)) {
      const kilohertz = await this.number(`sys/devices/system/cpu/${name}/cpufreq/scaling_cur_freq`);
      if (kilohertz !== undefined) speeds[name.slice(3)] = kilohertz / 1000;
    }
    if (Object.keys(speeds).length === 0) {
      for (const cpu of await this.cpus()) {
        const megahertz = Number(cpu.get('cpu MHz'));
        if (megahertz > 0) speeds[cpu.get('processor') ?? '0'] = megahertz;
      }
    }
    const found = Object.keys(speeds).length > 0;
    return {
      current_speed: found ? { available: true, unit: 'MHz', threads: speeds } : missing('neither cpufreq nor /proc/cpuinfo tells a speed'),
    };
  }

  /** Mean power of each package over a fifth of a second, from its energy meter (RAPL). */
  async power(): Promise<{ power: MachineReading }> {
    const folder = 'sys/class/powercap';
    const packages = await this.names(folder, /^intel-rapl:\d+$/);
    if (packages.length === 0) return { power: missing('the machine has no RAPL meters (/sys/class/powercap)') };
    const read = async (): Promise<{ at: number; energies: (number | undefined)[] }> => ({
      energies: await Promise.all(packages.map((name) => this.number(`${folder}/${name}/energy_uj`))),
      at: performance.now(),
    });
    const before = await read();
    await wait(POWER_WINDOW_MS);
    const after = await read();
    const watts: Record<string, number> = {};
    for (const [i, name] of packages.entries()) {
      const [first, last] = [before.energies[i], after.energies[i]];
      if (first === undefined || last === undefined) continue;
      // The meter wraps around at its largest value.
      const range = (await this.number(`${folder}/${name}/max_energy_range_uj`)) ?? 0;
      const joules = (last >= first ? last - first : last + range - first) * MICRO;
      watts[(await this.text(`${folder}/${name}/name`))?.trim() ?? name] = joules / ((after.at - before.at) / 1000);
    }
    if (Object.keys(watts).length === 0) return { power: missing('the RAPL meters may be read by root only') };
    return { power: { available: true, unit: 'W', packages: watts } };
  }

  async temperature(): Promise<{ temperature: MachineReading }> {
    const sensors: Record<string, number> = {};
    for (const zone of await this.names('sys/class/thermal', /^thermal_zone\d+$/)) {
      const milli = await this.number(`sys/class/thermal/${zone}/temp`);
      const type = (await this.text(`sys/class/thermal/${zone}/type`))?.trim();
      if (milli !== undefined) sensors[`${type ?? zone} (${zone})`] = milli / 1000;
    }
    for (const chip of await this.names('sys/class/hwmon')) {
      const name = (await this.text(`sys/class/hwmon/${chip}/name`))?.trim() ?? chip;
      for (const input of await this.names(`sys/class/hwmon/${chip}`, /^temp\d+_input$/)) {
        const milli = await this.number(`sys/class/hwmon/${chip}/${input}`);
        const label =
          (await this.text(`sys/class/hwmon/${chip}/${input.replace('input', 'label')}`))?.trim() ?? input.replace('_input', '');
        if (milli !== undefined) sensors[`${name} ${label} (${chip})`] = milli / 1000;
      }
    }
    const found = Object.keys(sensors).length > 0;
    return {
      temperature: found
        ? { available: true, unit: '°C', sensors }
        : missing('the machine has no sensors (/sys/class/thermal, /sys/class/hwmon)'),
    };
  }

  private async cpus(): Promise<Map<string, string>[]> {
    const text = (await this.text('proc/cpuinfo')) ?? '';
    return text
      .split(/\n\s*\n/)
      .map((block) => parseFields(block))
      .filter((cpu) => cpu.has('processor'));
  }

  private async text(path: string): Promise<string | undefined> {
    return readFile(join(this.root, path), 'utf8').catch(() => undefined);
  }

  private async number(path: string): Promise<number | undefined> {
    const value = Number.parseFloat((await this.text(path)) ?? '');
    return Number.isFinite(value) ? value : undefined;
  }

  private async names(folder: string, pattern = /./): Promise<string[]> {
    const names = await readdir(join(this.root, folder)).catch(() => []);
    return names.filter((name) => pattern.test(name)).sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  }
}

/** Lines `name: value`. */
function parseFields(text = ''): Map<string, string> {
  return new Map(
    text.split('\n').flatMap((line) => {
      const at = line.indexOf(':');
      return at < 0 ? [] : [[line.slice(0, at).trim(), line.slice(at + 1).trim()] as const];
    }),
  );
}

function missing(reason: string): MachineReading {
  return { available: false, reason };
}

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Machine } from '../src/services/machine.ts';

/** A machine with two sockets of two cores, as its files tell. */
const FILES: Record<string, string> = {
  'proc/cpuinfo': [0, 1, 2, 3]
    .map((i) => `processor\t: ${i}\nmodel name\t: Some CPU\nphysical id\t: ${i >> 1}\ncore id\t: ${i & 1}\ncpu MHz\t: 2000.5\n`)
    .join('\n'),
  'proc/meminfo': 'MemTotal:       1000 kB\nMemAvailable:    400 kB\nSwapTotal:         0 kB\n',
  'proc/self/task/7/stat': `7 (some) thread) S ${Array.from({ length: 49 }, (_, i) => i + 4).join(' ')}`,
  'sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq': '3200000\n',
  'sys/devices/system/cpu/cpufreq/boost': '1\n',
  'sys/class/powercap/intel-rapl:0/name': 'package-0\n',
  'sys/class/powercap/intel-rapl:0/energy_uj': '1000000\n',
  'sys/class/powercap/intel-rapl:0/max_energy_range_uj': '2000000\n',
  'sys/class/thermal/thermal_zone0/type': 'x86_pkg_temp\n',
  'sys/class/thermal/thermal_zone0/temp': '45500\n',
  'sys/class/hwmon/hwmon1/name': 'coretemp\n',
  'sys/class/hwmon/hwmon1/temp2_input': '51000\n',
  'sys/class/hwmon/hwmon1/temp2_label': 'Core 0\n',
};

let root: string;
let machine: Machine;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'hanami-machine-'));
  for (const [path, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  machine = new Machine(root);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('what a machine tells', () => {
  it('of cores and memory', async () => {
    expect((await machine.systemInfo()).info).toMatchObject({
      cpu: { model: 'Some CPU', sockets: 2, cores: 4, threads: 4 },
      memory: { total_bytes: 1_024_000, available_bytes: 409_600, swap_total_bytes: 0 },
    });
  });

  it('of threads, whatever their names', async () => {
    const { thread_map } = await machine.threading();
    expect(thread_map).toEqual({ available: true, threads: { 7: { name: 'some) thread', cpu_thread: 39, cpu_seconds: 0.29 } } });
  });

  it('of speed, from cpufreq before /proc/cpuinfo', async () => {
    expect((await machine.speed()).current_speed).toEqual({ available: true, unit: 'MHz', threads: { 0: 3200 } });
  });

  it('of power, over the end of the meter', async () => {
    const reading = machine.power();
    await new Promise((next) => setTimeout(next, 50));
    writeFileSync(join(root, 'sys/class/powercap/intel-rapl:0/energy_uj'), '500000\n');
    const { power } = await reading;
    // 1.5 J in at least a fifth of a second.
    const watts = (power as { packages: Record<string, number> }).packages['package-0'];
    expect(watts).toBeGreaterThan(3);
    expect(watts).toBeLessThanOrEqual(7.6);
  });

  it('of temperatures', async () => {
    expect((await machine.temperature()).temperature).toEqual({
      available: true,
      unit: '°C',
      sensors: { 'x86_pkg_temp (thermal_zone0)': 45.5, 'coretemp Core 0 (hwmon1)': 51 },
    });
  });

  it('of what it does not have: that, and why', async () => {
    const bare = new Machine(join(root, 'nowhere'));
    for (const reading of [
      (await bare.threading()).thread_map,
      (await bare.speed()).current_speed,
      (await bare.power()).power,
      (await bare.temperature()).temperature,
    ]) {
      expect(reading).toEqual({ available: false, reason: expect.any(String) });
    }
  });
});

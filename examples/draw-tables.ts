// Writes tables as people have them, to learn from: npm run tables -- <folder>
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generator } from '@openhanami/engine/random';

const folder = process.argv[2] ?? 'tables';
mkdirSync(folder, { recursive: true });

const HOUR = 3_600_000;
const hourOf = (time: Date): number => time.getUTCHours();
const seasonOf = (time: Date): number => -Math.cos((2 * Math.PI * (time.getTime() / (24 * HOUR) - 15)) / 365.25);
const isWeekend = (time: Date): boolean => time.getUTCDay() % 6 === 0;
const text = (time: Date): string => time.toISOString().slice(0, 16).replace('T', ' ');

/** Bicycles hired at stations, an hour a row: with text, times, gaps, a season, and a number that says nothing. */
function rentals(count: number, seed: number, withTarget: boolean): string {
  const random = generator(seed);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const lines = Array.from({ length: count }, (_, i) => {
    const time = new Date(Date.UTC(2025, 0, 1) + Math.floor(random() * 8760) * HOUR);
    const sky = ['clear', 'cloudy', 'rain'][Math.floor(random() * 3)] as string;
    const temperature = 11 + 10 * seasonOf(time) + 4 * Math.sin((2 * Math.PI * (hourOf(time) - 9)) / 24) + 2 * normal();
    const rush = isWeekend(time)
      ? Math.exp(-(((hourOf(time) - 14) / 4) ** 2))
      : Math.exp(-(((hourOf(time) - 8) / 1.5) ** 2)) + Math.exp(-(((hourOf(time) - 17) / 2) ** 2));
    const busy = { clear: 1, cloudy: 0.85, rain: 0.4 }[sky] as number;
    const station = Math.floor(random() * 20);
    const hired = Math.max(0, Math.round((5 + 60 * rush) * busy * (1 + temperature / 40) * (0.7 + station / 30) + 2 * normal()));
    const shown = random() < 0.05 ? '' : temperature.toFixed(1);
    return `${withTarget ? `${i + 1},` : ''}${text(time)},${shown},${sky},station ${station}${withTarget ? `,${hired}` : ''}`;
  });
  return `${withTarget ? 'id,' : ''}time,temperature,sky,station${withTarget ? ',rentals' : ''}\n${lines.join('\n')}\n`;
}

/** Electricity of a town, hour after hour. */
function load(hours: number, seed: number): string {
  const random = generator(seed);
  let drift = 0;
  const lines = Array.from({ length: hours }, (_, i) => {
    const time = new Date(Date.UTC(2025, 0, 1) + i * HOUR);
    drift = 0.9 * drift + random() - 0.5;
    const day = Math.sin((2 * Math.PI * (hourOf(time) - 7)) / 24);
    return `${text(time)},${(50 + 15 * day - 8 * seasonOf(time) - (isWeekend(time) ? 9 : 0) + 2 * drift).toFixed(2)}`;
  });
  return `time,megawatts\n${lines.join('\n')}\n`;
}

/** Measurements of a machine whose faults have another cause from the middle on. */
function machine(count: number, seed: number): string {
  const random = generator(seed);
  const lines = Array.from({ length: count }, (_, i) => {
    const [heat, pressure, speed] = [20 + 60 * random(), 1 + 4 * random(), Math.round(1000 * random())];
    const isFault = i < count / 2 ? heat > 60 : pressure > 3.4;
    return `${heat.toFixed(1)},${pressure.toFixed(2)},${speed},${isFault !== random() < 0.02 ? 'fault' : 'fine'}`;
  });
  return `heat,pressure,speed,state\n${lines.join('\n')}\n`;
}

for (const [name, what, content] of [
  ['rentals.csv', '4000 hours of bicycle rentals', rentals(4000, 1, true)],
  ['tomorrow.csv', '3 hours to be answered', rentals(3, 2, false)],
  ['load.csv', 'a year of electricity, hour by hour', load(8760, 3)],
  ['machine.csv', '6000 measurements of a machine, whose faults change their cause', machine(6000, 4)],
] as const) {
  const path = join(folder, name);
  writeFileSync(path, content);
  console.log(`${what} in ${path}`);
}

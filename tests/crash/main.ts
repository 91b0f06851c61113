// npm run test:crash [-- rounds [seed]]: many rounds of the crash test; its last line is what the documentation quotes.
import { crash } from './rounds.ts';

const rounds = Number(process.argv[2] ?? 200);
const seed = Number(process.argv[3] ?? Date.now() % 1_000_000);
console.log(`${rounds} rounds, seed ${seed}`);
const started = Date.now();
const { operations, acknowledged, checks, resumed } = await crash(rounds, seed);
const seconds = Math.round((Date.now() - started) / 1000);
console.log(
  `${rounds} kills, seed ${seed}: ${operations} operations, ${acknowledged} acknowledged, ${checks} facts checked after restarts, ${resumed} tasks ended with all cycles, nothing lost (${seconds} s)`,
);

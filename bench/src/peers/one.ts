// node one.ts <library> <seed>: one pass by one library; its figures as a line of JSON.
import { digits } from '../engine/mnist.ts';
import { libraries } from './libraries.ts';
import type { Run } from './main.ts';

const [name = '', seed = '1'] = process.argv.slice(2);
const library = libraries[name];
if (library === undefined) throw new Error(`there is no library '${name}'; there are ${Object.keys(libraries).join(', ')}`);

const before = { cpu: process.cpuUsage(), at: performance.now() };
let run: Run | undefined;
const { percent } = await library(digits.train, digits.test, Number(seed), () => {
  const { user, system } = process.cpuUsage(before.cpu);
  run = {
    percent: 0,
    cpu: (user + system) / 1e6,
    wall: (performance.now() - before.at) / 1000,
    memory: process.resourceUsage().maxRSS / 1024,
  };
});
console.log(JSON.stringify({ ...run, percent }));

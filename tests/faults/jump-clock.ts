// Loaded before a server (node --import): at SIGUSR2 its clock jumps to as many milliseconds off the real time as the file CLOCK_FILE says.
import { readFileSync } from 'node:fs';

const Real = Date;
let offset = 0;

globalThis.Date = class extends Real {
  constructor(...parts: []) {
    if (parts.length === 0) super(Real.now() + offset);
    else super(...parts);
  }

  static override now(): number {
    return Real.now() + offset;
  }
} as DateConstructor;

process.on('SIGUSR2', () => {
  offset = Number(readFileSync(process.env['CLOCK_FILE'] ?? '', 'utf8'));
});

// Wraps the compiled kernel in a module, so that the engine needs no file access and runs in a browser too.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';

const wasm = readFileSync(new URL('../dist/kernel.wasm', import.meta.url));
const folder = new URL('../src/gen/', import.meta.url);
mkdirSync(folder, { recursive: true });
writeFileSync(
  new URL('kernel-wasm.ts', folder),
  `/** The compiled kernel (built from assembly/), base64. */\nexport const kernelWasm =\n  '${wasm.toString('base64')}';\n`,
);

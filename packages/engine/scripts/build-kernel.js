// Compiles the kernel (assembly/) and wraps it in a module, so that the engine needs no file access and runs in a browser too.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';

// The optimizer remarks on its own progress, which is nobody's concern unless something fails.
const { status, stdout, stderr } = spawnSync('asc', ['--config', 'asconfig.json'], { encoding: 'utf8' });
if (status !== 0) {
  process.stderr.write(`${stdout}${stderr}`);
  process.exit(1);
}

const wasm = readFileSync(new URL('../dist/kernel.wasm', import.meta.url));
const folder = new URL('../src/gen/', import.meta.url);
mkdirSync(folder, { recursive: true });
writeFileSync(
  new URL('kernel-wasm.ts', folder),
  `/** The compiled kernel (built from assembly/), base64. */\nexport const kernelWasm =\n  '${wasm.toString('base64')}';\n`,
);

#!/usr/bin/env node
import { availableParallelism } from 'node:os';

// A process can be told only at its start how to treat memory, so it starts itself anew with what suits a server:
// - glibc keeps large freed blocks in its heap once a few of them were freed, and the server frees many (buffers of uploads and batches, argon2's memory).
//   With a fixed threshold they go back to the system: 235 instead of 377 MB after an upload and a training of MNIST.
// - V8's nursery grows to 48 MB in each thread; a small one keeps an upload and import of 1 GB of CSV at 178 instead of 229 MB, at the same speed.
// - The pool of threads that read and write files also works out passphrases, one for each core; it has four more for the files.
const variable = 'MALLOC_MMAP_THRESHOLD_';
if (process.platform === 'linux' && process.env[variable] === undefined && process.execve) {
  const args = [process.execPath, '--max-semi-space-size=2', ...process.execArgv, ...process.argv.slice(1)];
  process.execve(process.execPath, args, { UV_THREADPOOL_SIZE: String(availableParallelism() + 4), ...process.env, [variable]: '262144' });
}

await import('./command.ts');

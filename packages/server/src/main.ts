#!/usr/bin/env node
import { availableParallelism } from 'node:os';

// Memory options take effect only at the start of a process, so it re-executes itself with those that suit a server:
// - glibc keeps large freed blocks in its heap, and the server frees many (buffers of uploads and batches, argon2's memory).
//   With a fixed threshold they are returned to the system: 235 instead of 377 MB after an upload and a training of MNIST.
// - V8's young generation grows to 48 MB in each thread; a small one keeps an upload and import of 1 GB of CSV at 178 instead of 229 MB,
//   at the same speed.
// - The thread pool for files also hashes passphrases, with one thread for each core; it gets four more for files.
const variable = 'MALLOC_MMAP_THRESHOLD_';
if (process.platform === 'linux' && process.env[variable] === undefined && process.execve) {
  const args = [process.execPath, '--max-semi-space-size=2', ...process.execArgv, ...process.argv.slice(1)];
  process.execve(process.execPath, args, { UV_THREADPOOL_SIZE: String(availableParallelism() + 4), ...process.env, [variable]: '262144' });
}

await import('./command.ts');

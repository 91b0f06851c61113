#!/usr/bin/env node

// glibc keeps large freed blocks in its heap once a few of them were freed, and the server frees many: buffers of uploads and batches, argon2's memory.
// With a fixed threshold they go back to the system: 235 instead of 377 MB after an upload and a training of MNIST. It can be set only at a process's start.
const variable = 'MALLOC_MMAP_THRESHOLD_';
if (process.platform === 'linux' && process.env[variable] === undefined && process.execve) {
  const args = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  process.execve(process.execPath, args, { ...process.env, [variable]: '262144' });
}

await import('./command.ts');

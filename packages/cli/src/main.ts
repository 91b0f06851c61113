#!/usr/bin/env node
import { enableCompileCache } from 'node:module';

// A short command spends most of its time on loading the libraries that it uses; the second one finds them compiled.
enableCompileCache?.();

await import('./command-line.ts');

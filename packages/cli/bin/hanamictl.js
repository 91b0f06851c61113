#!/usr/bin/env node
// Starts hanamictl, if this Node can run it and it has been built. Plain old syntax: it must be read by any Node. It is there before the build, so that
// npm links the command at its install.
import { existsSync } from 'node:fs';

const NEEDED = 24;
const main = new URL('../dist/bundle/main.js', import.meta.url);

if (Number(process.versions.node.split('.')[0]) < NEEDED) {
  process.stderr.write(`hanamictl needs Node ${NEEDED} or newer, and this is Node ${process.versions.node}.\n`);
  process.exit(1);
} else if (!existsSync(main)) {
  process.stderr.write('hanamictl is not built yet: run "npm run build" first.\n');
  process.exit(1);
} else {
  import(main.href);
}

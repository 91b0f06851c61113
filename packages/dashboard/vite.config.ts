import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** Part of the server's package, which serves it. */
const FOLDER = new URL('../server/dashboard', import.meta.url).pathname;

/** Packs what is built, so that the server need not do it for each that asks. */
const packed: Plugin = {
  name: 'packed',
  apply: 'build',
  closeBundle() {
    for (const name of readdirSync(`${FOLDER}/assets`)) {
      if (/\.(js|css|svg)$/.test(name))
        writeFileSync(`${FOLDER}/assets/${name}.gz`, gzipSync(readFileSync(`${FOLDER}/assets/${name}`), { level: 9 }));
    }
  },
};

export default defineConfig({
  // The server may stand behind a proxy under any path.
  base: './',
  plugins: [react(), packed],
  // What counts is how much is asked for first, packed: a test measures that.
  build: { outDir: FOLDER, emptyOutDir: true, target: 'es2023', modulePreload: { polyfill: false }, chunkSizeWarningLimit: 700 },
  // The server of `npm run dev` lets pages from here call it (examples/dev.env).
  server: { host: '127.0.0.1', port: 5173, strictPort: true },
});

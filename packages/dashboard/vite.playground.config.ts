import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The page without a server: any static host serves it. */
export default defineConfig({
  root: new URL('playground', import.meta.url).pathname,
  base: './',
  plugins: [react()],
  worker: { format: 'es' },
  build: { outDir: '../../../playground', emptyOutDir: true, target: 'es2023', modulePreload: { polyfill: false } },
});

import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  // The server may stand behind a proxy under any path.
  base: './',
  plugins: [react()],
  build: {
    // Part of the server's package, which serves it.
    outDir: '../server/dashboard',
    emptyOutDir: true,
    target: 'es2023',
    modulePreload: { polyfill: false },
  },
  // The server of `npm run dev` lets pages from here call it (examples/dev.env).
  server: { host: '127.0.0.1', port: 5173, strictPort: true },
});

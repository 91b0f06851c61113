import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The server that `npm run dev` starts. */
const SERVER = 'http://127.0.0.1:11418';

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
  server: { proxy: { '/v1.0alpha': SERVER, '/docs': SERVER, '/openapi.json': SERVER } },
});

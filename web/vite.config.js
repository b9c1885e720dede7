import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

// The node serves the API; `CORRIDOR_URL` points the development server at one, the mock is the default.
const node = process.env.CORRIDOR_URL ?? 'http://127.0.0.1:8090';
const paths = ['/api', '/stac', '/tiles', '/assets'];

export default defineConfig({
  base: './',
  plugins: [svelte()],
  build: {
    target: 'es2022',
    // Nothing is inlined, so that the page runs under `default-src 'self'`.
    assetsInlineLimit: 0,
    // The node serves scene and answer files under /assets; the page keeps its own elsewhere.
    assetsDir: 'page',
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1500,
  },
  server: {
    port: 5173,
    proxy: Object.fromEntries(paths.map((path) => [path, { target: node, changeOrigin: true }])),
  },
  test: { include: ['src/**/*.test.ts', 'mock/**/*.test.mjs'], environment: 'node' },
});

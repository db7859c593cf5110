import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

// A node beside the development server: `npm run dev` shows its data.
const node = process.env['ARTERY_NODE'] ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [svelte({ compilerOptions: { css: 'external' } })],
  build: {
    assetsDir: 'static',
    // Nothing inline: the content security policy of the node allows files only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    target: 'es2022',
  },
  server: { proxy: { '/api': { target: node, ws: true, changeOrigin: true, rewriteWsOrigin: true }, '/metrics': node } },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
});

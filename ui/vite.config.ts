import { paraglideVitePlugin } from '@inlang/paraglide-js';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { svelteTesting } from '@testing-library/svelte/vite';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [
    paraglideVitePlugin({
      project: './project.inlang',
      outdir: './src/paraglide',
      strategy: ['localStorage', 'preferredLanguage', 'baseLocale'],
    }),
    svelte(),
    svelteTesting(),
  ],
  // The page is read from the app itself, so one file is quicker than many; nothing is inlined, for the sake of the CSP.
  build: {
    target: 'safari16',
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
    // The notices of every package in the page; the packages ship them.
    license: { fileName: 'third-party-notices.md' },
  },
  server: { port: 5173, strictPort: true },
  test: {
    environment: 'jsdom',
    setupFiles: ['tests/setup.ts'],
    include: ['tests/**/*.test.ts'],
    testTimeout: 30_000,
  },
});

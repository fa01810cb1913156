import { paraglideVitePlugin } from '@inlang/paraglide-js';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { svelteTesting } from '@testing-library/svelte/vite';
import { defineConfig } from 'vitest/config';
import { makePseudo, OUTDIR, PROJECT } from './pseudo.js';

export default defineConfig(({ command }) => {
  // Tests and the development server speak the pseudo-locale, too; no build does.
  const pseudo = command === 'serve';
  if (pseudo) makePseudo();
  return {
    plugins: [
      paraglideVitePlugin({
        project: pseudo ? PROJECT : './project.inlang',
        outdir: pseudo ? OUTDIR : './src/paraglide',
        strategy: ['localStorage', 'preferredLanguage', 'baseLocale'],
      }),
      svelte(),
      svelteTesting(),
    ],
    ...(pseudo && {
      resolve: {
        alias: [
          {
            find: /^(?:\.{1,2}\/)+(?:src\/)?paraglide\/(messages|runtime)\.js$/,
            replacement: `${import.meta.dirname}/.pseudo/paraglide/$1.js`,
          },
        ],
      },
    }),
    // The page is read from the app itself, so one file is quicker than many; nothing is inlined, for the sake of the CSP.
    build: {
      target: 'safari16',
      assetsInlineLimit: 0,
      chunkSizeWarningLimit: 900,
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
  };
});

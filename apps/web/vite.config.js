import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { defineConfig } from 'vite';

const ASSETS = new URL('dist/assets/', import.meta.url);

/** Beside each asset what the server sends to browsers that take it compressed. */
const compressed = {
  name: 'compressed',
  closeBundle() {
    for (const name of readdirSync(ASSETS).filter((each) => /\.(js|css)$/.test(each))) {
      const bytes = readFileSync(new URL(name, ASSETS));
      writeFileSync(new URL(`${name}.gz`, ASSETS), gzipSync(bytes, { level: 9 }));
      writeFileSync(new URL(`${name}.br`, ASSETS), brotliCompressSync(bytes));
    }
  },
};

export default defineConfig({
  base: './', // below whatever path a proxy puts it
  plugins: [compressed],
  build: {
    modulePreload: false,
    assetsInlineLimit: 0,
    rolldownOptions: {
      output: { codeSplitting: false }, // a page that stays open over an update finds all of its script
      // The client's hooks say 'use client', for frameworks that render on a server.
      onLog: (level, log, handle) => log.code !== 'MODULE_LEVEL_DIRECTIVE' && handle(level, log),
    },
    target: 'es2023',
    cssTarget: ['chrome125', 'firefox125', 'safari17.4'], // else `:dir()` becomes a list of languages
    reportCompressedSize: false,
  },
});

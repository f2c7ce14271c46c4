import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';

const HOME = 'apps/web/dist';
const MOST_BYTES = 150 * 1024;

it(`the page loads at most ${MOST_BYTES} bytes of script, gzipped`, () => {
  const page = readFileSync(`${HOME}/index.html`, 'utf8');
  const scripts = readdirSync(`${HOME}/assets`).filter((name) => name.endsWith('.js'));
  expect(scripts.length).toBeGreaterThan(0);
  expect(page).toContain(scripts[0]);
  const sizes = scripts.map((name) => gzipSync(readFileSync(`${HOME}/assets/${name}`)).length);
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  expect(bytes).toBeGreaterThan(50_000);
  expect(bytes).toBeLessThanOrEqual(MOST_BYTES);
});

it('the page has no inline script and no inline style', () => {
  const page = readFileSync(`${HOME}/index.html`, 'utf8');
  expect(page).not.toMatch(/<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)/i);
});

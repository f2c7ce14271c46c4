import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Collects what the tests note, each in a process of its own, and prints it when all have ended. */
export default function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'conclave-figures-'));
  const file = join(folder, 'figures.txt');
  writeFileSync(file, '');
  process.env.FAULT_FIGURES = file;
  return () => {
    console.log(`\nFaults\n${readFileSync(file, 'utf8').replaceAll(/^/gm, '  ').trimEnd()}\n`);
    rmSync(folder, { recursive: true });
  };
}

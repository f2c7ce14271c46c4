import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { isShort } from './figures.js';

const HEAD = `| fault | acknowledged | found | lost | twice | besides |
| --- | ---: | ---: | ---: | ---: | --- |`;

/** Collects what the tests note, each in a process of its own, and prints it when all have ended. */
export default function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'conclave-figures-'));
  const file = join(folder, 'figures.txt');
  writeFileSync(file, '');
  process.env.FAULT_FIGURES = file;
  return () => {
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    const rows = lines.filter((line) => line.startsWith('|'));
    const others = lines.filter((line) => !line.startsWith('|'));
    const table = rows.length > 0 ? ['', HEAD, ...rows, ''] : [];
    console.log(['', title(), ...table, ...others, ''].join('\n'));
    rmSync(folder, { recursive: true });
  };
}

function title(): string {
  const date = new Date().toISOString().slice(0, 10);
  const machine = `${availableParallelism()} cores of ${cpus()[0].model.trim()}`;
  return `Faults${isShort ? ', in their short form' : ''}, ${date}, ${machine}`;
}

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Machine } from './machine.js';
import type { DatabaseKind, Options } from './options.js';
import { median } from './statistics.js';

const FOLDER = fileURLToPath(new URL('results', import.meta.url));
const DATABASE_NAMES: Record<DatabaseKind, string> = { sqlite: 'SQLite', postgres: 'PostgreSQL' };

/** What was measured of one server. */
export interface Figure {
  /** Median of the rounds, in the unit of its result. */
  value: number;
  rounds: number[];
  medianMs?: number;
  p99Ms?: number;
  /** CPU time of the server process for one request, in microseconds. */
  cpuUs?: number;
  failed?: number;
}

export interface Result {
  database: DatabaseKind;
  name: string;
  connections?: number;
  unit: 'requests/s' | 'ms' | 'MiB';
  conclave?: Figure;
  reference?: Figure;
  /** Why there is no figure. */
  skipped?: string;
}

export interface Run {
  machine: Machine;
  options: Options;
  results: Result[];
}

export const failures = ({ conclave, reference }: Result): number =>
  (conclave?.failed ?? 0) + (reference?.failed ?? 0);

/** @returns the Markdown, which is written to `bench/results/` as well, beside the JSON */
export function report(run: Run): string {
  const markdown = [describe(run), ...sections(run.results)].join('\n\n') + '\n';
  const name = run.machine.date.replaceAll(/[:.]/g, '-');
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, `${name}.md`), markdown);
  writeFileSync(join(FOLDER, `${name}.json`), JSON.stringify(run, null, 2));
  return markdown;
}

function describe({ machine, options }: Run): string {
  const { rounds, seconds, messages } = options;
  return [
    `- ${machine.date.slice(0, 16).replace('T', ' ')} UTC, commit ${machine.commit}`,
    `- ${machine.cores} cores of ${machine.cpu}, ${machine.memoryGib} GiB of memory`,
    `- Node ${machine.node}, SQLite ${machine.sqlite}, PostgreSQL ${machine.postgres ?? 'none'}`,
    `- medians of ${rounds} rounds of ${seconds} s, a room of ${messages.toLocaleString('en')} messages`,
    `- load average before the run: ${machine.loadAverage}; servers, databases and load generator share the cores`,
  ].join('\n');
}

function sections(results: Result[]): string[] {
  const kinds = [...new Set(results.map(({ database }) => database))];
  return kinds.map((kind) => {
    const rows = results.filter(({ database }) => database === kind).map(cellsOf);
    return `### ${DATABASE_NAMES[kind]}\n\n${table(rows)}`;
  });
}

const HEAD = ['scenario', 'at once', 'unit', 'Conclave', 'reference', 'ratio'];
const TAIL = ['p99 ms', 'CPU µs', 'reference CPU µs'];

/** Of each round on its own: its two halves were measured right after each other. */
function ratioOf({ conclave, reference }: Result): number | undefined {
  if (!conclave || !reference) return undefined;
  return median(conclave.rounds.map((value, round) => value / reference.rounds[round]));
}

function cellsOf(result: Result): string[] {
  const { name, connections, unit, conclave, reference, skipped } = result;
  const failed = failures(result);
  const verdict = skipped ? `skipped: ${skipped}` : failed > 0 ? `invalid: ${failed} failed` : '';
  return [
    name,
    connections === undefined ? '–' : String(connections),
    unit,
    round(conclave?.value),
    round(reference?.value),
    verdict || (ratioOf(result)?.toFixed(2) ?? '–'),
    round(conclave?.p99Ms),
    round(conclave?.cpuUs),
    round(reference?.cpuUs),
  ];
}

/** Three digits or more. */
function round(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return '–';
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return value.toLocaleString('en', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

/** Aligned as Prettier would, so that it can be pasted into a document as it is. */
function table(rows: string[][]): string {
  const head = [...HEAD, ...TAIL];
  const widths = head.map((name, at) => Math.max(...[name, ...rows.map((r) => r[at])].map(length)));
  const isText = (at: number): boolean => at === 0 || at === 2;
  const line = (cells: string[]): string =>
    `| ${cells.map((cell, at) => pad(cell, widths[at], isText(at))).join(' | ')} |`;
  const rule = widths.map((width, at) => (isText(at) ? '-'.repeat(width) : dashes(width)));
  return [line(head), `| ${rule.join(' | ')} |`, ...rows.map(line)].join('\n');
}

const length = (text: string): number => text.length;
const dashes = (width: number): string => `${'-'.repeat(width - 1)}:`;
const pad = (cell: string, width: number, isText: boolean): string =>
  isText ? cell.padEnd(width) : cell.padStart(width);

import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import Sqlite from 'better-sqlite3';
import { describePostgres } from './store.js';

/** Where and when a run was made: its figures mean nothing elsewhere. */
export interface Machine {
  /** ISO 8601, UTC. */
  date: string;
  /** Short hash; with a `+` when files differ from it. */
  commit: string;
  cpu: string;
  cores: number;
  memoryGib: number;
  node: string;
  sqlite: string;
  postgres: string | undefined;
  /** Of the minute before. */
  loadAverage: number;
}

export async function describeMachine(): Promise<Machine> {
  const sqlite = new Sqlite(':memory:');
  const version = sqlite.prepare('SELECT sqlite_version()').pluck().get() as string;
  sqlite.close();
  return {
    date: new Date().toISOString(),
    commit: commit(),
    cpu: cpus()[0].model.trim(),
    cores: availableParallelism(),
    memoryGib: Math.round(totalmem() / 2 ** 30),
    node: process.versions.node,
    sqlite: version,
    postgres: await describePostgres(),
    loadAverage: Number(loadavg()[0].toFixed(2)),
  };
}

function commit(): string {
  try {
    const git = (...args: string[]): string => execFileSync('git', args, { encoding: 'utf8' });
    const hash = git('rev-parse', '--short', 'HEAD').trim();
    return git('status', '--porcelain', '--untracked-files=no') === '' ? hash : `${hash}+`;
  } catch {
    return 'unknown';
  }
}

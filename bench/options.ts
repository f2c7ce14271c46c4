import { parseArgs } from 'node:util';
import { SCENARIOS, START } from './scenarios.js';

export type DatabaseKind = 'sqlite' | 'postgres';

export interface Options {
  databases: DatabaseKind[];
  /** Scenarios whose name begins with one of these; empty: all. */
  only: string[];
  /** Of one measurement. */
  seconds: number;
  /** How often each scenario is measured on either server. */
  rounds: number;
  /** Messages in the large room. */
  messages: number;
  /** Requests of each kind that a server gets before anything is measured. */
  warmUp: number;
  /** Messages of the long run instead of the scenarios. */
  memoryFlat: number | undefined;
}

const DEFAULTS = { seconds: 2, rounds: 5, messages: 100_000, warmUp: 15_000 };
const QUICK = { seconds: 1, rounds: 1, messages: 20_000, warmUp: 3000 };
const LONG_RUN = 1_000_000;

/** @throws TypeError for an option that is not known or makes no sense */
export function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      database: { type: 'string' },
      seconds: { type: 'string' },
      rounds: { type: 'string' },
      messages: { type: 'string' },
      'memory-flat': { type: 'boolean', default: false },
    },
  });
  const defaults = values.quick ? QUICK : DEFAULTS;
  const isLongRun = values['memory-flat'];
  return {
    databases: readDatabases(values.database),
    only: readNames(values.only),
    seconds: positive('seconds', values.seconds) ?? defaults.seconds,
    rounds: positive('rounds', values.rounds) ?? defaults.rounds,
    messages: positive('messages', values.messages) ?? defaults.messages,
    warmUp: defaults.warmUp,
    memoryFlat: isLongRun ? (positive('messages', values.messages) ?? LONG_RUN) : undefined,
  };
}

function readDatabases(name: string | undefined): DatabaseKind[] {
  if (name === undefined) return ['sqlite', 'postgres'];
  if (name === 'sqlite' || name === 'postgres') return [name];
  throw new TypeError('--database is sqlite or postgres');
}

function readNames(text: string | undefined): string[] {
  const names = text?.split(',') ?? [];
  const known = [START, ...SCENARIOS.map(({ name }) => name)];
  const wrong = names.find((prefix) => !known.some((name) => name.startsWith(prefix)));
  if (wrong === undefined) return names;
  throw new TypeError(
    `--only ${wrong}: no such scenario. There are: ${[...new Set(known)].join('; ')}`,
  );
}

function positive(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d*$/.test(text)) throw new TypeError(`--${name} takes a whole number from 1`);
  return Number(text);
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import type { TestDatabase } from './test-database.js';

export interface Outcome {
  code: number;
  /** Standard output. */
  out: string;
  /** Standard error. */
  errors: string;
}

/** Runs the built command with an environment of its own, and this on its standard input. */
export async function conclave(
  environment: NodeJS.ProcessEnv,
  args: string[],
  input = '',
  user: { uid?: number; gid?: number } = {},
): Promise<Outcome> {
  const env = { PATH: process.env.PATH, ...environment };
  const child = spawn(process.execPath, [resolve('dist/cli.js'), ...args], { env, ...user });
  child.stdin.on('error', () => undefined).end(input);
  const [out, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number]>,
  ]);
  return { code, out, errors };
}

/** What `--json` prints, of a command that has to do what is asked. */
export async function conclaveJson(
  environment: NodeJS.ProcessEnv,
  args: string[],
  input?: string,
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
): Promise<any> {
  const { code, out, errors } = await conclave(environment, [...args, '--json'], input);
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${out}${errors}`);
  return JSON.parse(out);
}

/** All that a command needs of the environment where a server does the work. */
export function beside({ dataDir }: TestDatabase): NodeJS.ProcessEnv {
  return { DATA_DIR: dataDir };
}

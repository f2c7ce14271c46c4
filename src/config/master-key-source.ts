import { execFile, spawnSync, type StdioOptions } from 'node:child_process';
import { type EnvReader, SettingsError } from './env-reader.js';
import { masterKeyFault, secretFaults } from './secret-faults.js';
import { readSecretFile } from './secret-file.js';
import { isSecret } from './secret-names.js';

const COMMAND_MS = 10_000;
const MAX_BYTES = 65_536;
const NAMES = {
  setting: 'MASTER_KEYS',
  file: 'MASTER_KEYS_FILE',
  command: 'MASTER_KEYS_COMMAND',
};

/** Where the master keys come from. */
export type MasterKeySource =
  | { kind: 'setting'; text: string }
  | { kind: 'file'; path: string }
  | { kind: 'command'; command: string[] };

/** The one that is set; a fault where there are several. */
export function findMasterKeySource(read: EnvReader): MasterKeySource | undefined {
  const text = read.text('MASTER_KEYS');
  const path = read.text('MASTER_KEYS_FILE');
  const command = read.text('MASTER_KEYS_COMMAND');
  if ([text, path, command].filter((value) => value !== undefined).length > 1)
    read.fault('MASTER_KEYS, MASTER_KEYS_FILE and MASTER_KEYS_COMMAND: set one of them', '');
  if (text !== undefined) return { kind: 'setting', text };
  if (path !== undefined) return { kind: 'file', path };
  if (command !== undefined) return readCommand(read, command);
  return undefined;
}

/**
 * The master keys as the source has them now, the first of which wraps: by line or comma, `#` begins a comment.
 *
 * @throws SettingsError that says what is wrong, and nothing of what the source holds
 */
export function readMasterKeys(source: MasterKeySource): string[] {
  const text = source.kind === 'command' ? runNow(source.command) : readText(source);
  return parse(source.kind, text);
}

/** The same while the server works, which a slow command does not hold up. */
export async function readMasterKeysAgain(source: MasterKeySource): Promise<string[]> {
  const text = source.kind === 'command' ? await runMeanwhile(source.command) : readText(source);
  return parse(source.kind, text);
}

function parse(kind: MasterKeySource['kind'], text: string): string[] {
  const keys = text
    .split(/\r?\n/)
    .flatMap((line) => line.replace(/#.*/, '').split(','))
    .map((key) => key.trim())
    .filter((key) => key !== '');
  const faults = secretFaults(NAMES[kind], keys, masterKeyFault);
  if (keys.length === 0 && kind !== 'setting') faults.push(`${NAMES[kind]} holds no key`);
  if (faults.length > 0) throw new SettingsError(faults);
  return keys;
}

function readText(source: Exclude<MasterKeySource, { kind: 'command' }>): string {
  if (source.kind === 'setting') return source.text;
  try {
    return readSecretFile(source.path);
  } catch (error) {
    throw new SettingsError([`${NAMES.file} names a file that ${(error as Error).message}`]);
  }
}

function readCommand(read: EnvReader, text: string): MasterKeySource | undefined {
  const rule = 'MASTER_KEYS_COMMAND must be a JSON array of texts, such as ["/usr/bin/get-keys"]';
  const command = parseOrNone(text);
  return isCommand(command) ? { kind: 'command', command } : read.fault(rule, undefined);
}

function isCommand(value: unknown): value is string[] {
  if (!Array.isArray(value) || !value[0]) return false;
  return value.every((word) => typeof word === 'string' && !word.includes('\0'));
}

function parseOrNone(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Without a shell, and without our own secrets. */
const options = () => ({
  env: Object.fromEntries(Object.entries(process.env).filter(([name]) => !isSecret(name))),
  timeout: COMMAND_MS,
  killSignal: 'SIGKILL' as const,
  maxBuffer: MAX_BYTES,
  encoding: 'utf8' as const,
});

function runNow([file, ...words]: string[]): string {
  const stdio: StdioOptions = ['ignore', 'pipe', 'ignore'];
  const { status, error, stdout } = spawnSync(file, words, { ...options(), stdio });
  if (error || status !== 0) {
    const fault: NodeJS.ErrnoException | undefined = error;
    throw commandFault({ code: fault?.code ?? status });
  }
  return stdout;
}

function runMeanwhile([file, ...words]: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(file, words, options(), (error, stdout) =>
      error ? reject(commandFault(error)) : resolve(stdout),
    ).stdin?.end();
  });
}

/** How it ended, and nothing of what it wrote, which may hold a key. */
function commandFault(error: { code?: unknown; killed?: boolean }): SettingsError {
  const { code, killed } = error;
  const fault =
    code === 'ENOBUFS' || code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER'
      ? 'wrote more than 64 KiB'
      : killed || code === 'ETIMEDOUT'
        ? `took longer than ${COMMAND_MS / 1000} s`
        : typeof code === 'string'
          ? `cannot be run (${code})`
          : typeof code === 'number'
            ? `ended with exit code ${code}`
            : 'was ended by a signal';
  return new SettingsError([`${NAMES.command} names a program that ${fault}`]);
}

import { execFile, execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './free-port.js';

const run = promisify(execFile);

const DEBIAN = '/usr/lib/postgresql';
const STARTING_SECONDS = '60';

interface Owner {
  uid: number;
  gid: number;
}

/** Why this machine cannot run a PostgreSQL of the test's own, or undefined where it can. */
export function missingPostgres(): string | undefined {
  if (!binaries()) return `no initdb in ${DEBIAN}/*/bin or on PATH`;
  return owner() ? undefined : 'no user postgres, and PostgreSQL does not run as root';
}

/** A PostgreSQL cluster of the test's own, to stop, start, freeze and thaw. Durable as by default. */
export class PostgresProcess {
  private constructor(
    private readonly folder: string,
    private readonly port: number,
    private readonly user: Owner,
  ) {}

  static async create(): Promise<PostgresProcess> {
    const user = owner()!;
    const folder = mkdtempSync(join(tmpdir(), 'conclave-postgres-'));
    chownSync(folder, user.uid, user.gid);
    const postgres = new PostgresProcess(folder, await freePort(), user);
    await postgres.call('initdb', '--username=postgres', '--auth=trust', '--encoding=UTF8');
    await postgres.start();
    return postgres;
  }

  get url(): string {
    return `postgres://postgres@127.0.0.1:${this.port}/postgres`;
  }

  /** Resolves once it takes connections. */
  async start(): Promise<void> {
    const options = `-p ${this.port} -k ${this.folder} -c listen_addresses=127.0.0.1`;
    const log = join(this.folder, 'server.log');
    await this.call('pg_ctl', 'start', '-w', '-t', STARTING_SECONDS, '-l', log, '-o', options);
  }

  async stop(mode: 'fast' | 'immediate'): Promise<void> {
    await this.call('pg_ctl', 'stop', '-w', '-m', mode);
  }

  /** From its next start on it only follows a primary, which is not there, until it is promoted. */
  becomeStandby(): void {
    const file = join(this.folder, 'data', 'standby.signal');
    writeFileSync(file, '');
    chownSync(file, this.user.uid, this.user.gid);
  }

  /** Makes a folder there, anywhere on this machine, that it may fill. */
  giveFolder(path: string): void {
    mkdirSync(path, { mode: 0o700 });
    chownSync(path, this.user.uid, this.user.gid);
  }

  /** Takes encrypted connections too from now on. */
  async offerTls(certificate: string, key: string): Promise<void> {
    const data = join(this.folder, 'data');
    for (const [from, name] of [
      [certificate, 'server.crt'],
      [key, 'server.key'],
    ]) {
      const path = join(data, name);
      writeFileSync(path, readFileSync(from), { mode: 0o600 });
      chownSync(path, this.user.uid, this.user.gid);
    }
    appendFileSync(join(data, 'postgresql.conf'), "ssl = on\nlisten_addresses = '*'\n");
    await this.stop('fast');
    await this.start();
  }

  async promote(): Promise<void> {
    await this.call('pg_ctl', 'promote', '-w');
  }

  /** Leaves its connections open and answers nothing. */
  freeze(): void {
    for (const pid of this.family()) signal(pid, 'SIGSTOP');
  }

  thaw(): void {
    for (const pid of this.family().reverse()) signal(pid, 'SIGCONT');
  }

  /** Ends it, frozen or not, and removes its files. */
  async remove(): Promise<void> {
    if (existsSync(this.pidFile)) {
      this.thaw();
      await this.stop('immediate').catch(() => undefined); // it may have left the file and be gone
    }
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** The postmaster, which starts no more while it is frozen, and then its children. */
  private family(): number[] {
    const postmaster = parseInt(readFileSync(this.pidFile, 'utf8'));
    const children = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && parentOf(name) === postmaster)
      .map(Number);
    return [postmaster, ...children];
  }

  private get pidFile(): string {
    return join(this.folder, 'data', 'postmaster.pid');
  }

  private async call(program: string, ...args: string[]): Promise<void> {
    const data = ['-D', join(this.folder, 'data')];
    await run(join(binaries()!, program), [...args, ...data], { ...this.user, cwd: this.folder });
  }
}

/** The folder of the newest PostgreSQL. */
function binaries(): string | undefined {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN) : [];
  return [
    ...versions.sort((a, b) => Number(b) - Number(a)).map((name) => join(DEBIAN, name, 'bin')),
    ...(process.env.PATH ?? '').split(':'),
  ].find((folder) => existsSync(join(folder, 'initdb')));
}

/** Who it runs as: PostgreSQL refuses to be root. */
function owner(): Owner | undefined {
  const [uid, gid] = [process.getuid!(), process.getgid!()];
  if (uid !== 0) return { uid, gid };
  try {
    const idOf = (flag: string): number => Number(execFileSync('id', [flag, 'postgres']));
    return { uid: idOf('-u'), gid: idOf('-g') };
  } catch {
    return undefined;
  }
}

/** A child may end between being listed and being told. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** The fields of `stat` after the name, which may hold anything: state, parent, … */
function parentOf(pid: string): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return 0; // ended meanwhile
  }
}

import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../faults/support/free-port.js';
import { answers } from './services.js';
import { until } from './until.js';

/** Debian puts it where only root's PATH leads. */
const PATH = `${process.env.PATH}:/usr/sbin`;
const hasPgBouncer = spawnSync('pgbouncer', ['--version'], { env: { PATH } }).status === 0;

/** Why it cannot run here; empty where it can. */
export const missingPgBouncer = hasPgBouncer ? '' : 'needs pgbouncer';

/** A PgBouncer of the test's own in front of a database. */
export class PgBouncerProcess {
  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    readonly url: string,
  ) {}

  /** @param settings of its section [pgbouncer], besides where it listens */
  static async before(database: URL, settings: string): Promise<PgBouncerProcess> {
    const folder = mkdtempSync(join(tmpdir(), 'conclave-pgbouncer-'));
    const port = await freePort();
    const file = join(folder, 'pgbouncer.ini');
    const options = ['listen_addr = 127.0.0.1', `listen_port = ${port}`, 'auth_type = any'];
    writeFileSync(
      file,
      `[databases]\nconclave = ${target(database)}\n[pgbouncer]\nunix_socket_dir =\n${options.join('\n')}\n${settings}\n`,
    );
    const user = process.getuid!() === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : {};
    chmodSync(folder, 0o755);
    if (user.uid !== undefined) chownSync(folder, user.uid, user.gid);
    const child = spawn('pgbouncer', [file], { ...user, env: { PATH }, stdio: 'ignore' });
    const url = `postgres://conclave@127.0.0.1:${port}/conclave`;
    await until(() => child.exitCode !== null || answers(new URL(url)));
    return new PgBouncerProcess(child, folder, url);
  }

  async stop(): Promise<void> {
    this.child.kill('SIGKILL');
    if (this.child.exitCode === null) await once(this.child, 'exit');
    rmSync(this.folder, { recursive: true });
  }
}

function target({ hostname, port, username, password, pathname }: URL): string {
  const secret = password && ` password='${decodeURIComponent(password)}'`;
  const login = `user=${decodeURIComponent(username)}${secret}`;
  return `host=${hostname} port=${port || 5432} dbname=${pathname.slice(1)} ${login}`;
}

/** It refuses to be root. */
function idOf(flag: string): number {
  return Number(execFileSync('id', [flag, 'nobody']));
}

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Certificate, missingOpenssl } from './certificate.js';
import { until } from './until.js';

/** Debian puts it where only root's PATH leads. */
const PATH = `${process.env.PATH}:/usr/sbin`;
const hasNginx = spawnSync('nginx', ['-v'], { env: { PATH } }).status === 0;

/** Why it cannot run here; empty where it can. */
export const missingNginx = hasNginx ? missingOpenssl : 'needs nginx';

/** An nginx of the test's own, with a configuration as the guide has it. */
export class NginxProcess {
  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    readonly port: number,
    private readonly own?: Certificate,
  ) {}

  /**
   * @param http what stands in the section `http`; ports of 443, and paths of certificates and logs, are
   *   replaced by the test's
   */
  static async start(http: string, port: number, name: string): Promise<NginxProcess> {
    const folder = mkdtempSync(join(tmpdir(), 'conclave-nginx-'));
    const certificate = new Certificate(folder, name);
    const own = http
      .replaceAll('listen 443 ssl', `listen 127.0.0.1:${port} ssl`)
      .replaceAll(/(ssl_certificate +)[^;]+/g, `$1${certificate.file}`)
      .replaceAll(/(ssl_certificate_key +)[^;]+/g, `$1${certificate.keyFile}`)
      .replaceAll(/(access_log +)\S+/g, `$1${join(folder, 'access.log')}`);
    const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
    const paths = kinds.map((kind) => `${kind}_temp_path ${folder}/${kind};`).join('\n');
    const user = process.getuid!() === 0 ? 'user root;' : '';
    const main = `daemon off; ${user} pid ${folder}/pid; error_log ${folder}/error.log;\nevents {}\n`;
    const whole = `${main}http {\n${paths}\n${own}\n}\n`;
    return NginxProcess.run(folder, whole, port, certificate);
  }

  /** @param configuration whole, with paths that begin in a folder of the test's */
  static async startWhole(configuration: string, port: number): Promise<NginxProcess> {
    const user = process.getuid!() === 0 ? 'user root;' : '';
    const folder = mkdtempSync(join(tmpdir(), 'conclave-nginx-'));
    return NginxProcess.run(folder, `daemon off; ${user}\n${configuration}`, port);
  }

  private static async run(
    folder: string,
    configuration: string,
    port: number,
    certificate?: Certificate,
  ): Promise<NginxProcess> {
    const file = join(folder, 'nginx.conf');
    writeFileSync(file, configuration);
    const options = ['-p', folder, '-c', file, '-e', join(folder, 'error.log')];
    const child = spawn('nginx', options, { env: { PATH }, stdio: ['ignore', 'ignore', 'pipe'] });
    let faults = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (faults += text));
    await until(() => child.exitCode !== null || isOpen(port));
    if (child.exitCode !== null) throw new Error(`nginx ended: ${faults}`);
    return new NginxProcess(child, folder, port, certificate);
  }

  get certificate(): Certificate {
    return this.own!;
  }

  get accessLog(): string {
    return readFileSync(join(this.folder, 'access.log'), 'utf8');
  }

  async stop(): Promise<void> {
    this.child.kill('SIGTERM'); // which ends its workers too
    if (this.child.exitCode === null) await once(this.child, 'exit');
    rmSync(this.folder, { recursive: true });
  }
}

function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  return once(socket, 'connect').then(
    () => Boolean(socket.destroy()),
    () => false,
  );
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const MAIN = resolve('dist/main.js');
const START_MS = 60_000;
const POLL_MS = 20;
/** In the greeting of development, or in the log's line `server.started`. */
const URL_IN_OUTPUT = /(?:API {2,}|"url":")(http:\/\/[^\s"]+)/;

/** How a server ended: its exit code, or the signal that ended it. */
export type End = number | NodeJS.Signals;

/** The built server as a process of its own, which inherits nothing but PATH. */
export class ServerProcess {
  private static readonly running = new Set<ServerProcess>();
  private readonly child: ChildProcess;
  private collected = '';
  /** Resolves when the process has ended and all of its output is here. */
  readonly ended: Promise<End>;

  private constructor(environment: NodeJS.ProcessEnv, cwd: string, main = MAIN) {
    this.child = spawn(process.execPath, [main], {
      cwd,
      env: { PATH: process.env.PATH, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout!, this.child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => (this.collected += text));
    }
    ServerProcess.running.add(this);
    this.ended = once(this.child, 'close').then(([code, signal]) => {
      ServerProcess.running.delete(this);
      return (code ?? signal) as End;
    });
  }

  /** Starts the server and does not wait for it. */
  static spawn(environment: NodeJS.ProcessEnv, cwd = tmpdir(), main?: string): ServerProcess {
    return new ServerProcess(environment, cwd, main);
  }

  /** Starts the server; once this resolves, it answers. @param main another built one */
  static async start(
    environment: NodeJS.ProcessEnv,
    cwd?: string,
    main?: string,
  ): Promise<ServerProcess> {
    const server = ServerProcess.spawn(environment, cwd, main);
    await server.untilServing();
    return server;
  }

  /** Starts a server that is to refuse, and returns it once it has ended. */
  static async startInVain(environment: NodeJS.ProcessEnv): Promise<ServerProcess> {
    const server = ServerProcess.spawn(environment);
    const hasStarted = await server.untilServing().then(
      () => true,
      () => false,
    );
    if (hasStarted) throw new Error(`It started after all:\n${server.output}`);
    return server;
  }

  /** Ends whatever a failing test left behind. */
  static async killAll(): Promise<void> {
    await Promise.all([...ServerProcess.running].map((server) => server.stop('SIGKILL')));
  }

  /** Everything printed so far, to standard output and to standard error. */
  get output(): string {
    return this.collected;
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** Where it listens, without a slash at the end. */
  get url(): string {
    const [, url] = URL_IN_OUTPUT.exec(this.collected) ?? [];
    if (!url) throw new Error(`No URL in the output:\n${this.collected}`);
    return url;
  }

  /** Bytes of memory that it takes now, from Linux. */
  get residentBytes(): number {
    const status = readFileSync(`/proc/${this.child.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)![1]) * 1024;
  }

  /** Rejects when the process ends instead, or takes too long. */
  async untilServing(): Promise<void> {
    const deadline = Date.now() + START_MS;
    while (!(await this.isServing())) {
      if (!ServerProcess.running.has(this)) throw new Error(`It ended:\n${this.collected}`);
      if (Date.now() > deadline) throw new Error(`It does not answer:\n${this.collected}`);
      await sleep(POLL_MS);
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Sends the signal, unless it has ended already, and waits for the end. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<End> {
    this.child.kill(signal);
    return this.ended;
  }

  private async isServing(): Promise<boolean> {
    if (!URL_IN_OUTPUT.test(this.collected)) return false;
    return fetch(`${this.url}/health/live`).then(
      ({ ok }) => ok,
      () => false,
    );
  }
}

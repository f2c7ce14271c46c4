import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

const START_MS = 60_000;
const POLL_MS = 5;
/** The unit of times in /proc: `getconf CLK_TCK` is 100 wherever Linux runs Node. */
const TICK_US = 10_000;

const INJECTION = 'inject=fsync,fdatasync:delay_enter=5000';

/** Runs a program with each of its syncs made 5 ms slower. */
export const SLOW_DISK = [
  'strace',
  ...['-f', '--seccomp-bpf', '-o', '/dev/null'],
  ...['-e', 'trace=fsync,fdatasync', '-e', INJECTION],
];

/** A server under measurement, as a process of its own. */
export class Server {
  private static readonly running = new Set<Server>();

  private constructor(
    readonly url: string,
    /** From the start of the process to its first answer, in milliseconds. */
    readonly readyMs: number,
    private readonly child: ChildProcess,
    /** The server itself, where another program starts it. */
    private readonly pid: number,
  ) {
    Server.running.add(this);
  }

  /**
   * Starts a Node program and waits until it answers.
   *
   * @param args of `node`
   * @param prefix a program that is to run it, with its arguments
   */
  static async start(
    args: string[],
    environment: NodeJS.ProcessEnv,
    prefix: string[] = [],
  ): Promise<Server> {
    const port = await freePort();
    const [command, ...rest] = [...prefix, process.execPath, ...args];
    const begun = performance.now();
    const child = spawn(command, rest, {
      env: { PATH: process.env.PATH, ...environment, PORT: String(port) },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const url = `http://127.0.0.1:${port}`;
    try {
      await untilReady(child, url);
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
    const readyMs = performance.now() - begun;
    const pid = prefix.length > 0 ? childOf(child.pid!) : child.pid!;
    return new Server(url, readyMs, child, pid);
  }

  static async stopAll(): Promise<void> {
    await Promise.all([...Server.running].map((server) => server.stop('SIGKILL')));
  }

  /** User and system time of all its threads so far, in microseconds; in steps of 10,000. */
  cpuUs(): number {
    const stat = readFileSync(`/proc/${this.pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * TICK_US;
  }

  /** Resident memory, in MiB. */
  rssMib(): number {
    const [, kib] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8'))!;
    return Number(kib) / 1024;
  }

  /** The next message of a server that was started with an ear for them. */
  async ask<T>(question: string): Promise<T> {
    this.child.send(question);
    const [answer] = (await once(this.child, 'message')) as [T];
    return answer;
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    Server.running.delete(this);
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    process.kill(this.pid, signal);
    await ended;
  }
}

async function untilReady(child: ChildProcess, url: string): Promise<void> {
  const deadline = performance.now() + START_MS;
  let failure: Error | undefined;
  child.once('error', (error) => (failure = error));
  while (!(await isReady(url))) {
    if (failure) throw failure;
    if (child.exitCode !== null) throw new Error(`The server ended with code ${child.exitCode}`);
    if (performance.now() > deadline) throw new Error('The server does not get ready');
    await sleep(POLL_MS);
  }
}

function isReady(url: string): Promise<boolean> {
  return fetch(`${url}/health/ready`).then(
    async (response) => {
      await response.arrayBuffer();
      return response.ok;
    },
    () => false,
  );
}

function childOf(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
  return Number(children[0]);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';

const AUTOCANNON = resolve('node_modules/autocannon/autocannon.js');

interface Output {
  statusCodeStats: Record<string, { count: number }>;
}

/** Connections that ask the same over and over, from a process of their own. */
export class Flood {
  private constructor(
    private readonly child: ChildProcess,
    private readonly output: Promise<string>,
  ) {}

  static start(url: string, connections: number, seconds: number): Flood {
    const args = [AUTOCANNON, '--json', '-c', String(connections), '-d', String(seconds), url];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    return new Flood(child, text(child.stdout));
  }

  /** Waits for its end. Answers by status. */
  async ended(): Promise<Record<string, number>> {
    const { statusCodeStats } = JSON.parse(await this.output) as Output;
    const counts = Object.entries(statusCodeStats).map(([status, { count }]) => [status, count]);
    return Object.fromEntries(counts) as Record<string, number>;
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }
}

import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** What to ask: a path, for a POST what to send, by whose token, and who is to hear the answer. */
export interface Ask {
  path: string;
  token?: string;
  body?: object;
  heard?: (status: number, body: string) => void;
}

/** Milliseconds that answers took, by status; 0 for a connection that was cut. */
export type Times = Map<number, number[]>;

const TICK_MS = 5;

/** Asks a server over kept connections, at a rate of the caller's or as fast as it answers. */
export class LoadGenerator {
  readonly times: Times = new Map();
  /** The first answer of each status, for a look at it. */
  readonly samples = new Map<number, { headers: NodeJS.Dict<string | string[]>; body: string }>();
  private readonly agent: Agent;
  private readonly open = new Set<Promise<void>>();

  /** @param connections how many it opens at most; what finds none free waits for one */
  constructor(
    private readonly url: string,
    private readonly next: () => Ask,
    connections: number,
  ) {
    this.agent = new Agent({
      keepAlive: true,
      maxSockets: connections,
      maxFreeSockets: connections,
      scheduling: 'lifo',
    });
  }

  /** Opens all of its connections, since a busy server takes new ones slowly. */
  async connect(): Promise<void> {
    const { maxSockets } = this.agent;
    const calls = Array.from({ length: maxSockets }, () => this.send({ path: '/health/live' }));
    await Promise.all(calls);
  }

  /** So many callers, each of which asks again as soon as it has its answer. Answers a second. */
  async closedLoop(callers: number, seconds: number): Promise<number> {
    const begin = performance.now();
    let count = 0;
    const call = async (): Promise<void> => {
      for (; performance.now() - begin < seconds * 1000; count++) await this.ask();
    };
    await Promise.all(Array.from({ length: callers }, call));
    return count / ((performance.now() - begin) / 1000);
  }

  /** Asks at a fixed rate, whether or not answers come. Resolves when all have come. */
  async openLoop(perSecond: number, seconds: number): Promise<number> {
    const begin = performance.now();
    let count = 0;
    for (let elapsed = 0; elapsed < seconds * 1000; elapsed = performance.now() - begin) {
      for (; count < (elapsed / 1000) * perSecond; count++) this.start();
      await sleep(TICK_MS);
    }
    await Promise.all(this.open);
    return count;
  }

  /** Milliseconds that the answers with a status took: median, 99th percentile and longest. */
  latency(status: number): { count: number; median: number; p99: number; max: number } {
    const sorted = [...(this.times.get(status) ?? [])].sort((a, b) => a - b);
    const at = (q: number): number => Math.round(sorted[Math.floor((sorted.length - 1) * q)] ?? 0);
    return { count: sorted.length, median: at(0.5), p99: at(0.99), max: at(1) };
  }

  close(): void {
    this.agent.destroy();
  }

  private start(): void {
    const asked = this.ask().finally(() => this.open.delete(asked));
    this.open.add(asked);
  }

  private async ask(): Promise<void> {
    const begin = performance.now();
    const status = await this.send(this.next());
    const times = this.times.get(status) ?? [];
    times.push(performance.now() - begin);
    this.times.set(status, times);
  }

  private send({ path, token, body, heard }: Ask): Promise<number> {
    const text = body && JSON.stringify(body);
    return new Promise((resolve) => {
      const sent = request(this.url + path, {
        agent: this.agent,
        method: text ? 'POST' : 'GET',
        headers: {
          ...(token && { authorization: `Bearer ${token}` }),
          ...(text && {
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(text),
          }),
        },
      });
      sent.on('error', () => resolve(0));
      sent.on('response', (response) => {
        const status = response.statusCode!;
        let body = '';
        response.on('data', (chunk: Buffer) => {
          if (heard || !this.samples.has(status)) body += chunk.toString();
        });
        response.on('end', () => {
          if (!this.samples.has(status))
            this.samples.set(status, { headers: response.headers, body });
          heard?.(status, body);
          resolve(status);
        });
        response.on('error', () => resolve(0));
      });
      sent.end(text);
    });
  }
}

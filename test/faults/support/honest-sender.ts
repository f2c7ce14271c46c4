import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const PAUSE_MS = 20;

export interface Experience {
  /** Sends by status; 0 for a connection that was refused or cut. */
  statuses: Record<string, number>;
  /** Milliseconds from the opening of a connection, where one was needed, to the answer. */
  median: number;
  p99: number;
  longest: number;
}

/** Sends one message after the other, every other one on a new connection, as people come and go. */
export class HonestSender {
  private readonly kept = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(
    private readonly url: string,
    private readonly token: string,
    private readonly chatId: string,
  ) {}

  /** What it is like to send for so many seconds. */
  async send(seconds: number): Promise<Experience> {
    const statuses: Record<string, number> = {};
    const times: number[] = [];
    const end = performance.now() + seconds * 1000;
    for (let n = 0; performance.now() < end; n++) {
      const began = performance.now();
      const status = await this.sendOne(n % 2 === 0 ? this.kept : false);
      times.push(performance.now() - began);
      statuses[status] = (statuses[status] ?? 0) + 1;
      await sleep(PAUSE_MS);
    }
    times.sort((a, b) => a - b);
    const at = (q: number): number => Math.round(times[Math.floor((times.length - 1) * q)]);
    return { statuses, median: at(0.5), p99: at(0.99), longest: at(1) };
  }

  close(): void {
    this.kept.destroy();
  }

  private sendOne(agent: Agent | false): Promise<number> {
    const body = JSON.stringify({ chatid: this.chatId, message: 'Is anybody there?' });
    const headers = {
      authorization: `Bearer ${this.token}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    };
    return new Promise((resolve) => {
      const sent = request(`${this.url}/message/`, { method: 'POST', headers, agent });
      sent.on('error', () => resolve(0));
      sent.on('response', (response) => {
        response.on('error', () => resolve(0));
        response.on('end', () => resolve(response.statusCode!)).resume();
      });
      sent.end(body);
    });
  }
}

export function inWords({ statuses, median, p99, longest }: Experience): string {
  const counts = Object.entries(statuses).map(([status, count]) => `${status} × ${count}`);
  return `${counts.join(', ')}, median ${median} ms, p99 ${p99} ms, longest ${longest} ms`;
}

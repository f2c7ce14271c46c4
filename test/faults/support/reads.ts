import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '../../support/client.js';

const PAUSE_MS = 20;

/** Reads the newest page of a room over and over, and counts the answers by status. */
export class Reads {
  readonly answers: Record<string, number> = {};
  private isStopping = false;
  private readonly task: Promise<void>;

  private constructor(client: Client, chatId: string) {
    this.task = this.read(client, `/message/?chat_id=${chatId}&limit=50`);
  }

  static start(client: Client, chatId: string): Reads {
    return new Reads(client, chatId);
  }

  async stop(): Promise<Record<string, number>> {
    this.isStopping = true;
    await this.task;
    return this.answers;
  }

  private async read(client: Client, path: string): Promise<void> {
    while (!this.isStopping) {
      const status = await client.get(path).then(
        (answer) => String(answer.status),
        () => 'lost',
      );
      this.answers[status] = (this.answers[status] ?? 0) + 1;
      await sleep(PAUSE_MS);
    }
  }
}

import { Injectable } from '@nestjs/common';
import { History } from '../database/history.js';
import type { Connection } from './connection.js';

const RETRY_MS = 1000;

/** Tells connections that they hear their rooms, or may have missed something. */
@Injectable()
export class Ready {
  /** As it was looked at last. */
  private known: string | undefined;

  constructor(private readonly history: History) {}

  /** Whether a new line of history has begun since this was asked the last time. */
  async hasOtherHistory(): Promise<boolean> {
    const current = await this.history.current();
    const isOther = this.known !== undefined && this.known !== current;
    this.known = current;
    return isOther;
  }

  /**
   * Each will ask for what it has missed: one in a millisecond. Never rejects; while the database is
   * away, whoever asks it now gets nothing anyway.
   */
  async tell(connections: Connection[]): Promise<void> {
    if (connections.length === 0) return;
    try {
      const history = await this.history.current();
      for (const connection of connections) {
        setTimeout(() => connection.ready(history), Math.random() * connections.length).unref();
      }
    } catch {
      setTimeout(() => void this.tell(connections), RETRY_MS).unref();
    }
  }
}

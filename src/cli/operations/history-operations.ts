import { Injectable } from '@nestjs/common';
import { History } from '../../database/history.js';
import { audit } from './audit.js';
import type { Table } from './given.js';

/** The database's line of history, after what has undone some of it. */
@Injectable()
export class HistoryOperations {
  readonly table: Table = { 'history.renew': () => this.renew() };

  constructor(private readonly history: History) {}

  private async renew(): Promise<{ history: string }> {
    const history = await this.history.renew();
    audit('history.renewed', { history });
    return { history };
  }
}

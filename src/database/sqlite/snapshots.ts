import { setImmediate, setTimeout } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { Semaphore } from '../semaphore.js';
import type { Reads } from '../transaction.js';
import { Connection } from './connection.js';
import { SqliteTransaction } from './sqlite-transaction.js';

/** What all wait for without noticing it. */
const SHORT_MS = 5;

/**
 * Snapshots on SQLite: one at a time, on a connection of their own. Each stops the event loop while it
 * reads, so that others get as much time after it as it took, before the next one.
 */
export class Snapshots {
  private readonly turns = new Semaphore(1);
  private readonly connection: Connection;
  private isDue: Promise<void> = Promise.resolve();

  constructor(private readonly dataSource: DataSource) {
    this.connection = new Connection(dataSource);
  }

  run<T>(caller: string, work: (reads: Reads) => Promise<T>): Promise<T> {
    return this.turns.run(caller, async () => {
      await this.isDue;
      const begun = performance.now();
      this.connection.run('BEGIN');
      try {
        return await work(new SqliteTransaction(this.dataSource.manager, this.connection));
      } finally {
        this.connection.run('COMMIT');
        const took = performance.now() - begun;
        this.isDue = took > SHORT_MS ? setTimeout(took) : setImmediate();
      }
    });
  }
}

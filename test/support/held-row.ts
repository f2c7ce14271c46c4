import { Database } from '../../src/database/database.js';
import type { TestApp } from './test-app.js';
import { isPostgres } from './test-database.js';
import { until } from './until.js';

/**
 * Holds a row, on SQLite the line of all writes: whatever is to change it waits until it is let go,
 * and goes on in the order of its coming.
 */
export class HeldRow {
  private constructor(
    private readonly app: TestApp,
    private readonly letGo: () => void,
    private readonly held: Promise<unknown>,
  ) {}

  static async hold(app: TestApp, table: 'users' | 'session', id: string): Promise<HeldRow> {
    let letGo!: () => void;
    const gate = new Promise<void>((resolve) => (letGo = resolve));
    let held!: Promise<unknown>;
    await new Promise<void>((resolve, reject) => {
      held = app.nest.get(Database).write(async ({ manager }) => {
        if (isPostgres) {
          await manager.query(`SELECT id FROM ${table} WHERE id = '${id}' FOR UPDATE`);
        }
        resolve();
        await gate;
      });
      held.catch(reject);
    });
    return new HeldRow(app, letGo, held);
  }

  /** Resolves once so many wait for it. */
  async untilWaiting(count: number): Promise<void> {
    await until(async () => (await this.countWaiting()) >= count, 15_000, `${count} wait`);
  }

  async release(): Promise<void> {
    this.letGo();
    await this.held;
  }

  private async countWaiting(): Promise<number> {
    const database = this.app.nest.get(Database);
    if (!isPostgres) return database.waiting;
    const [{ count }] = await database.reader.query<[{ count: string }]>(
      `SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return Number(count);
  }
}

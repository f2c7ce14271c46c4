import { Injectable } from '@nestjs/common';
import { newId } from '../crypto/ids.js';
import { Database } from '../database/database.js';
import { NEVER, POSTGRES_NOW, statement } from '../database/statement.js';
import type { Transaction } from '../database/transaction.js';

const LEASE_MS = 30_000;

/** Those that are there are not tried: it would wait for one of which a step is under way. */
const ADD = statement({
  name: 'job_add',
  postgres: `INSERT INTO job (name, owner, until) SELECT item, NULL, 0 FROM unnest($1::text[]) AS item
    WHERE NOT EXISTS (SELECT 1 FROM job WHERE name = item) ON CONFLICT (name) DO NOTHING`,
  sqlite: NEVER,
});
/** Its own and those that nobody has any more. One of which a step is under way is locked, and passed over. */
const TAKE = statement({
  name: 'job_take',
  postgres: `WITH free AS (
      SELECT name FROM job WHERE name = ANY($1::text[]) AND (owner = $2 OR owner IS NULL OR until < ${POSTGRES_NOW})
      FOR UPDATE SKIP LOCKED)
    UPDATE job SET owner = $2, until = ${POSTGRES_NOW} + ${LEASE_MS} FROM free WHERE job.name = free.name
    RETURNING job.name`,
  sqlite: NEVER,
});
const HOLD = statement({
  name: 'job_hold',
  postgres: `UPDATE job SET until = ${POSTGRES_NOW} + ${LEASE_MS} WHERE name = $1 AND owner = $2 RETURNING name`,
  sqlite: NEVER,
});
const FREE = statement({
  name: 'job_free',
  postgres: 'UPDATE job SET owner = NULL, until = 0 WHERE owner = $1',
  sqlite: NEVER,
});

/** Another process has become the owner of a job. */
export class JobLostError extends Error {}

/**
 * Which jobs are this process's to do: by a row that is taken for 30 seconds and renewed every ten,
 * so that another one takes over from a process that is gone; on SQLite all of them.
 */
@Injectable()
export class JobOwner {
  private readonly id = newId();
  private readonly owned = new Set<string>();

  constructor(private readonly database: Database) {}

  owns(name: string): boolean {
    return this.owned.has(name);
  }

  /** Keeps what is its own, and takes what is free. @returns those that it had not before */
  async take(names: string[]): Promise<string[]> {
    const taken = this.database.isShared ? await this.takeFree(names) : names;
    const fresh = taken.filter((name) => !this.owned.has(name));
    for (const name of fresh) this.owned.add(name);
    return fresh;
  }

  /** Makes sure of a job until the transaction ends. @throws JobLostError */
  async hold(tx: Transaction, name: string): Promise<void> {
    if (!tx.isShared) return;
    const [held] = await tx.rows(HOLD, [name, this.id]);
    if (held) return;
    this.owned.delete(name);
    throw new JobLostError(name);
  }

  /** Leaves all of them to others at once. */
  async release(): Promise<void> {
    if (this.owned.size > 0 && this.database.isShared) {
      await this.database.write((tx) => tx.rows(FREE, [this.id]));
    }
    this.owned.clear();
  }

  private takeFree(names: string[]): Promise<string[]> {
    return this.database.write(async (tx) => {
      await tx.rows(ADD, [names]);
      const rows = await tx.rows<[string]>(TAKE, [names, this.id]);
      return rows.map(([name]) => name);
    });
  }
}

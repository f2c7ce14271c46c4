import type { Socket } from 'node:net';
import type { Pool, PoolClient, QueryArrayConfig, QueryArrayResult } from 'pg';
import { databaseOutage } from '../database-outage.js';

/** Of the pool's connections. */
const CONNECTIONS = 4;
/** For one connection at a time. */
const BATCH_SIZE = 16;
/** PostgreSQL's code of a statement that took too long. */
const CANCELED = '57014';

interface Read {
  statement: QueryArrayConfig;
  values: unknown[];
  resolve: (result: QueryArrayResult<unknown[]>) => void;
  reject: (error: unknown) => void;
}

/**
 * Reads outside of transactions: what one turn of the event loop asks for goes out in one write on
 * one connection, and is answered in that order. A write costs as much as all else that is done for
 * a short read.
 */
export class SharedReads {
  private readonly waiting: Read[] = [];
  private connections = 0;
  private isDue = false;

  constructor(private readonly pool: Pool) {}

  /** How many wait for a connection. */
  get length(): number {
    return this.waiting.length;
  }

  query(statement: QueryArrayConfig, values: unknown[]): Promise<QueryArrayResult<unknown[]>> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ statement, values, resolve, reject });
      this.schedule();
    });
  }

  private schedule(): void {
    if (this.isDue || this.connections === CONNECTIONS) return;
    this.isDue = true;
    setImmediate(() => {
      this.isDue = false;
      const reads = this.waiting.splice(0, BATCH_SIZE);
      if (reads.length > 0) void this.run(reads); // else they were given up meanwhile
      if (this.waiting.length > 0) this.schedule();
    });
  }

  private async run(reads: Read[]): Promise<void> {
    this.connections++;
    try {
      const client = await this.pool.connect();
      client.on('error', ignore); // whoever waits for an answer hears of it
      const answers = await Promise.all(reads.map((read) => answer(client, read)));
      const failures = answers.filter((failure) => failure !== undefined);
      if (failures.length === 0) client.off('error', ignore);
      client.release(failures.length > 0); // what failed a read may be the end of its connection
      this.giveUp(failures.find(databaseOutage));
    } catch (error) {
      for (const { reject } of reads) reject(error);
      this.giveUp(error);
    }
    this.connections--;
    if (this.waiting.length > 0) this.schedule();
  }

  /** Those in line have waited already for as long as the database was away: they do not try too. */
  private giveUp(outage: unknown): void {
    if (outage) for (const { reject } of this.waiting.splice(0)) reject(outage);
  }
}

/**
 * What holds up one read for too long holds up those behind it as well: they do not try in turn.
 *
 * @returns why it failed, if it did
 */
async function answer(client: PoolClient, read: Read): Promise<Error | undefined> {
  try {
    read.resolve(await client.query<unknown[]>(read.statement, read.values));
    return undefined;
  } catch (failure) {
    const error = failure as Error & { code?: string };
    read.reject(error);
    if (error.code === CANCELED) (client.connection.stream as Socket).destroy(error);
    return error;
  }
}

function ignore(): void {}

import type { Socket } from 'node:net';
import type { Pool, PoolClient, QueryResult } from 'pg';

/** Of the pool's connections. */
const CONNECTIONS = 4;
/** For one connection at a time. */
const BATCH_SIZE = 16;
/** PostgreSQL's code of a statement that took too long. */
const CANCELED = '57014';

interface Read {
  sql: string;
  values: unknown[];
  resolve: (result: QueryResult<unknown[]>) => void;
  reject: (error: unknown) => void;
}

const instances = new WeakMap<Pool, SharedReads>();

/**
 * Reads outside of transactions: what one turn of the event loop asks for goes out in one write on
 * one connection, and is answered in that order. A write costs as much as all else that is done for
 * a short read.
 */
export class SharedReads {
  private readonly waiting: Read[] = [];
  private connections = 0;
  private isDue = false;

  private constructor(private readonly pool: Pool) {}

  static on(pool: Pool): SharedReads {
    let instance = instances.get(pool);
    if (!instance) instances.set(pool, (instance = new SharedReads(pool)));
    return instance;
  }

  /** How many wait for a connection. */
  get length(): number {
    return this.waiting.length;
  }

  query(sql: string, values: unknown[]): Promise<QueryResult<unknown[]>> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ sql, values, resolve, reject });
      this.schedule();
    });
  }

  private schedule(): void {
    if (this.isDue || this.connections === CONNECTIONS) return;
    this.isDue = true;
    setImmediate(() => {
      this.isDue = false;
      void this.run(this.waiting.splice(0, BATCH_SIZE));
      if (this.waiting.length > 0) this.schedule();
    });
  }

  private async run(reads: Read[]): Promise<void> {
    this.connections++;
    try {
      const client = await this.pool.connect();
      client.on('error', ignore); // whoever waits for an answer hears of it
      const areAnswered = await Promise.all(reads.map((read) => answer(client, read)));
      const isSound = areAnswered.every(Boolean);
      if (isSound) client.off('error', ignore);
      client.release(!isSound); // what failed a read may be the end of its connection
    } catch (error) {
      for (const { reject } of reads) reject(error);
    }
    this.connections--;
    if (this.waiting.length > 0) this.schedule();
  }
}

/**
 * What holds up one read for too long holds up those behind it as well: they do not try in turn.
 *
 * @returns whether it did not fail
 */
async function answer(client: PoolClient, read: Read): Promise<boolean> {
  try {
    read.resolve(await client.query<unknown[]>(read.sql, read.values));
    return true;
  } catch (error) {
    read.reject(error);
    const { code } = error as { code?: string };
    if (code === CANCELED) (client.connection.stream as Socket).destroy(error as Error);
    return false;
  }
}

function ignore(): void {}

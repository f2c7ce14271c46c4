import type { Pool } from 'pg';
import { DataSource, QueryFailedError } from 'typeorm';
import type { Settings } from '../../config/settings.js';
import type { Entities } from '../shared-options.js';
import { Database } from '../database.js';
import { isDeadlock } from '../query-errors.js';
import { Semaphore } from '../semaphore.js';
import { isEmpty, type Parameter, type Statement } from '../statement.js';
import type { Reads, Work } from '../transaction.js';
import { migratePostgres } from './migrate.js';
import { POOL_SIZE, postgresOptions } from './options.js';
import { requireWritable } from './postgres-fitness.js';
import { postgresTransaction, SNAPSHOT } from './postgres-transaction.js';
import { encoded, preparedStatement } from './prepared.js';
import { SharedReads } from './shared-reads.js';
import { poolOf } from './typeorm-internals.js';

const MAX_ATTEMPTS = 3;
/** Half of the connections: a body that is read may need a key, which comes by another one. */
const SNAPSHOTS_AT_ONCE = POOL_SIZE / 2;

export async function openPostgres(settings: Settings, entities: Entities): Promise<Database> {
  await migratePostgres(postgresOptions(settings, entities, {}));
  const dataSource = await new DataSource(postgresOptions(settings, entities)).initialize();
  return new PostgresDatabase(dataSource, settings.isProduction);
}

/** Many processes on one PostgreSQL; every job of `write` is a transaction on a connection of its own. */
export class PostgresDatabase extends Database {
  readonly isShared = true;
  override readonly connections: Pool;
  private readonly reads: SharedReads;
  private readonly snapshots = new Semaphore(SNAPSHOTS_AT_ONCE);

  constructor(dataSource: DataSource, isProduction: boolean) {
    super(dataSource, [dataSource], isProduction);
    this.connections = poolOf(dataSource);
    this.reads = new SharedReads(this.connections);
  }

  override get waiting(): number {
    return this.connections.waitingCount + this.reads.length + this.snapshots.waiting;
  }

  override async rows<T extends unknown[]>(
    statement: Statement,
    parameters: Parameter[],
  ): Promise<T[]> {
    if (isEmpty(parameters)) return [];
    const values = encoded(parameters);
    this.reader.logger.logQuery(statement.postgres, values);
    try {
      return (await this.reads.query(preparedStatement(statement), values)).rows as T[];
    } catch (error) {
      throw new QueryFailedError(statement.postgres, values, error as Error);
    }
  }

  override snapshot<T>(caller: string, work: (reads: Reads) => Promise<T>): Promise<T> {
    return this.snapshots.run(caller, () => postgresTransaction(this.reader, work, SNAPSHOT));
  }

  /** Rejects too where it takes no writes: a failover may leave us with what is a standby now. */
  override ping(): Promise<void> {
    return requireWritable(this.reader);
  }

  override wipe(): Promise<void> {
    return Promise.resolve();
  }

  protected override transact<T>(work: Work<T>): Promise<T> {
    return this.attempt(work, 1);
  }

  /** PostgreSQL undoes one of two transactions that wait for each other: that one runs again. */
  private async attempt<T>(work: Work<T>, attempt: number): Promise<T> {
    try {
      return await postgresTransaction(this.reader, work);
    } catch (error) {
      if (attempt === MAX_ATTEMPTS || !isDeadlock(error)) throw error;
      return this.attempt(work, attempt + 1);
    }
  }
}

import { AsyncLocalStorage } from 'node:async_hooks';
import type { OnApplicationShutdown } from '@nestjs/common';
import type { Pool } from 'pg';
import { DataSource, EntityManager, EntitySubscriberInterface } from 'typeorm';
import type { Settings } from '../config/settings.js';
import { AtMost } from './at-most.js';
import { DataDirLock } from './data-dir-lock.js';
import { dataSourceOptions, Entities, POOL_SIZE } from './data-source-options.js';
import { isDeadlock } from './query-errors.js';
import { migratePostgres } from './migrate.js';
import { runAlone, type Statement } from './plain-sql.js';
import { postgresTransaction } from './postgres-transaction.js';
import { SharedReads } from './shared-reads.js';
import { SqliteWriteLine } from './sqlite-write-line.js';
import type { Work } from './work.js';

const MAX_ATTEMPTS = 3;
/** Half of the connections: a body that is read may need a key, which comes by another one. */
const SNAPSHOTS_AT_ONCE = POOL_SIZE / 2;

/**
 * The one place of transactions. Injected repositories read what is committed, and on SQLite can
 * do nothing else: their connection is read-only. Whatever writes comes through `write`.
 */
export class Database implements OnApplicationShutdown {
  /** Finds a mistake of ours in development: in production it would slow every promise down. */
  private readonly insideWrite: AsyncLocalStorage<true> | undefined;
  private readonly sqliteLine: SqliteWriteLine | undefined;
  private readonly snapshotLine: SqliteWriteLine | undefined;
  private readonly postgresSnapshots = new AtMost(SNAPSHOTS_AT_ONCE);

  private constructor(
    /** What injected repositories read from; on PostgreSQL all three are the same. */
    readonly reader: DataSource,
    private readonly writer: DataSource,
    private readonly snapshots: DataSource,
    isProduction: boolean,
    private readonly lock?: DataDirLock,
  ) {
    this.insideWrite = isProduction ? undefined : new AsyncLocalStorage();
    if (!this.isPostgres) {
      this.sqliteLine = new SqliteWriteLine(writer.createQueryRunner());
      this.snapshotLine = new SqliteWriteLine(snapshots.createQueryRunner());
    }
  }

  /**
   * Opens the database that the settings name and brings its schema up to date.
   *
   * @throws DataDirInUseError on SQLite, when another process serves the same folder
   */
  static async open(settings: Settings, entities: Entities): Promise<Database> {
    const lock = settings.databaseUrl ? undefined : DataDirLock.acquire(settings.dataDir);
    const writer = new DataSource(dataSourceOptions(settings, entities));
    try {
      if (!lock) await migratePostgres(dataSourceOptions(settings, entities, 'migration'));
      await writer.initialize();
      const { isProduction } = settings;
      if (!lock) return new Database(writer, writer, writer, isProduction);
      await writer.runMigrations();
      const [reader, snapshots] = await Promise.all([
        new DataSource(dataSourceOptions(settings, entities, 'read-only')).initialize(),
        new DataSource(dataSourceOptions(settings, entities, 'read-only')).initialize(),
      ]);
      return new Database(reader, writer, snapshots, isProduction, lock);
    } catch (error) {
      if (writer.isInitialized) await writer.destroy();
      lock?.release();
      const name = lock ? `in ${settings.dataDir}` : 'at DATABASE_URL';
      const cause = error instanceof Error ? error.message : String(error);
      throw new Error(`The database ${name} does not open: ${cause}`, { cause: error });
    }
  }

  get isPostgres(): boolean {
    return this.writer.options.type === 'postgres';
  }

  /** The connections to PostgreSQL. */
  get pool(): Pool | undefined {
    return this.isPostgres ? (this.writer.driver as unknown as { master: Pool }).master : undefined;
  }

  /** Who waits for a connection to PostgreSQL, or for the next commit on SQLite. */
  get waiting(): number {
    if (this.sqliteLine) return this.sqliteLine.length;
    const reads = SharedReads.on(this.pool!).length;
    return this.pool!.waitingCount + reads + this.postgresSnapshots.waiting;
  }

  /**
   * Runs `work` in a transaction and answers after its commit. All statements go through the
   * manager it is given; it awaits nothing but the database, since others wait behind it. It may run
   * again after a deadlock, so it changes nothing else before it answers. What is to follow the
   * commit it hands to `onCommit`: that runs in the order of the commits, before any answer.
   */
  write<T>(work: Work<T>): Promise<T> {
    if (this.insideWrite?.getStore())
      throw new Error('write() inside write(): pass the manager on');
    const { insideWrite } = this;
    const marked: Work<T> = insideWrite
      ? (...given) => insideWrite.run(true, () => work(...given))
      : work;
    return this.sqliteLine ? this.sqliteLine.run(marked) : this.transaction(marked);
  }

  /** Runs one statement that writes, on PostgreSQL: it is a transaction of its own. */
  writeAlone<T extends unknown[]>(statement: Statement): Promise<T[]> {
    return runAlone<T>(this.writer.manager, statement);
  }

  /** Reads in one snapshot: all of what `work` reads was true at one moment. */
  snapshot<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.snapshotLine
      ? this.snapshotLine.run(work)
      : this.postgresSnapshots.run(() => this.reader.transaction('REPEATABLE READ', work));
  }

  /** PostgreSQL undoes one of two transactions that wait for each other: that one runs again. */
  private async transaction<T>(work: Work<T>, attempt = 1): Promise<T> {
    try {
      return await postgresTransaction(this.writer, work);
    } catch (error) {
      if (attempt === MAX_ATTEMPTS || !isDeadlock(error)) throw error;
      return this.transaction(work, attempt + 1);
    }
  }

  /**
   * Leaves no trace of what was deleted in the files that the database writes. On SQLite the log
   * before the last checkpoint still holds it; on PostgreSQL a VACUUM is the operator's.
   */
  async wipe(): Promise<void> {
    await this.sqliteLine?.checkpoint();
  }

  subscribe(subscriber: EntitySubscriberInterface): void {
    for (const dataSource of new Set([this.reader, this.writer, this.snapshots])) {
      dataSource.subscribers.push(subscriber);
    }
  }

  /** Rejects when the database does not answer. */
  async ping(): Promise<void> {
    await this.reader.query('SELECT 1');
  }

  /** Runs after the last request. */
  async onApplicationShutdown(): Promise<void> {
    // The writer last: only one that writes takes the log in as it closes.
    for (const dataSource of [this.reader, this.snapshots, this.writer]) {
      if (dataSource.isInitialized) await dataSource.destroy();
    }
    this.lock?.release();
  }
}

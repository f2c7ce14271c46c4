import { DataSource } from 'typeorm';
import type { Settings } from '../../config/settings.js';
import type { Entities } from '../shared-options.js';
import { Database } from '../database.js';
import { bringUpToDate } from '../migrate.js';
import type { Parameter, Statement } from '../statement.js';
import type { Reads, Work } from '../transaction.js';
import { Connection } from './connection.js';
import { DataDirLock } from './data-dir-lock.js';
import { FileAccessError, isDenied, makePrivate } from './file-access.js';
import { sqliteFile, sqliteOptions } from './options.js';
import { Snapshots } from './snapshots.js';
import { WriteLine } from './write-line.js';

/** @throws DataDirInUseError when another process serves the same folder */
export async function openSqlite(settings: Settings, entities: Entities): Promise<Database> {
  const lock = DataDirLock.acquire(settings.dataDir);
  const file = sqliteFile(settings);
  const writer = new DataSource(sqliteOptions(settings, entities));
  try {
    makePrivate(file);
    await writer.initialize();
    await bringUpToDate(writer, () => `Move ${file} (and what begins with its name) away`);
    const [reader, snapshots] = await Promise.all([
      new DataSource(sqliteOptions(settings, entities, 'read-only')).initialize(),
      new DataSource(sqliteOptions(settings, entities, 'read-only')).initialize(),
    ]);
    return new SqliteDatabase({ reader, snapshots, writer }, settings.isProduction, lock);
  } catch (error) {
    if (writer.isInitialized) await writer.destroy();
    lock.release();
    throw isDenied(error) ? new FileAccessError(file, error) : error;
  }
}

interface Sources {
  reader: DataSource;
  snapshots: DataSource;
  writer: DataSource;
}

/** One process on one file: writes stand in one line, reads are synchronous. */
export class SqliteDatabase extends Database {
  readonly isShared = false;
  private readonly committed: Connection;
  private readonly line: WriteLine;
  private readonly snapshots: Snapshots;

  constructor(
    { reader, snapshots, writer }: Sources,
    isProduction: boolean,
    private readonly lock: DataDirLock,
  ) {
    super(reader, [reader, snapshots, writer], isProduction); // only one that writes takes the log in as it closes
    this.committed = new Connection(reader);
    this.line = new WriteLine(writer.createQueryRunner());
    this.snapshots = new Snapshots(snapshots);
  }

  override get waiting(): number {
    return this.line.length;
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- what it throws is a rejection
  override async rows<T extends unknown[]>(
    statement: Statement,
    parameters: Parameter[],
  ): Promise<T[]> {
    return this.committed.rows(statement, parameters) as T[];
  }

  override snapshot<T>(caller: string, work: (reads: Reads) => Promise<T>): Promise<T> {
    return this.snapshots.run(caller, work);
  }

  override wipe(): Promise<void> {
    return this.line.emptyLog();
  }

  override async onApplicationShutdown(): Promise<void> {
    this.line.close();
    await super.onApplicationShutdown();
    this.lock.release();
  }

  protected override transact<T>(work: Work<T>): Promise<T> {
    return this.line.run(work);
  }
}

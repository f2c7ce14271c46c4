import { DataSource, type DataSourceOptions } from 'typeorm';

/** Any number that no other program locks in this database: "conclave" in letters. */
const ADVISORY_LOCK = 0x636f6e63;

/**
 * Brings the schema of a PostgreSQL up to date; of several processes one does it, the others wait.
 *
 * @param options of connections that wait without a bound
 */
export async function migratePostgres(options: DataSourceOptions): Promise<void> {
  const dataSource = await new DataSource(options).initialize();
  const lock = dataSource.createQueryRunner();
  try {
    await lock.query('SELECT pg_advisory_lock($1)', [ADVISORY_LOCK]);
    await dataSource.runMigrations();
  } finally {
    await lock.query('SELECT pg_advisory_unlock($1)', [ADVISORY_LOCK]).catch(() => undefined);
    await lock.release();
    await dataSource.destroy();
  }
}

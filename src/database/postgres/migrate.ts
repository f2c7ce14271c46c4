import { DataSource, type DataSourceOptions, type QueryRunner } from 'typeorm';
import { bringUpToDate } from '../migrate.js';
import { requireFitPostgres } from './postgres-fitness.js';

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
    await requireFitPostgres(dataSource);
    await lock.query('SELECT pg_advisory_lock($1)', [ADVISORY_LOCK]);
    await bringUpToDate(dataSource, () => howToMove(lock));
  } finally {
    await lock.query('SELECT pg_advisory_unlock($1)', [ADVISORY_LOCK]).catch(() => undefined);
    await lock.release();
    await dataSource.destroy();
  }
}

async function howToMove(runner: QueryRunner): Promise<string> {
  const [{ name }] = (await runner.query('SELECT current_database() AS name')) as [
    { name: string },
  ];
  return `Rename the database ${name}, or name another one by DATABASE_URL`;
}

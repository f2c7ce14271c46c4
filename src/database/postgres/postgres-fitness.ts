import type pg from 'pg';
import type { DataSource } from 'typeorm';
import { DatabaseReadOnlyError } from '../database.errors.js';
import { isDiskFull } from '../query-errors.js';
import { POOL_SIZE } from './options.js';

const SECOND_CONNECTION_MS = 5000;
const LOOKS = 3;
const MODE = `SELECT pg_is_in_recovery() AS "isStandby", current_setting('transaction_read_only') AS "readOnly"`;

/** 16 MB, which PostgreSQL puts into a file of its own meanwhile, as it does with any long answer. */
const LONG_ANSWER = 'SELECT COUNT(*) FROM generate_series(1, 1000000)';

/** Before anything is changed there: whether this PostgreSQL can serve at all. @throws Error in words */
export async function requireFitPostgres(dataSource: DataSource): Promise<void> {
  await requireUtf8(dataSource);
  await requireWritable(dataSource);
  await requireSessions(dataSource);
}

/** Asked again by readiness: a failover may leave us with what is a standby now. @throws DatabaseReadOnlyError */
export async function requireWritable(dataSource: DataSource): Promise<void> {
  const [{ isStandby, readOnly }] =
    await dataSource.query<[{ isStandby: boolean; readOnly: string }]>(MODE);
  if (isStandby || readOnly === 'on') throw new DatabaseReadOnlyError(isStandby);
}

/** Any other encoding refuses some letters, or compares bytes for letters. */
export async function requireUtf8(dataSource: DataSource): Promise<void> {
  const [{ server_encoding: encoding }] =
    await dataSource.query<[{ server_encoding: string }]>('SHOW server_encoding');
  if (encoding === 'UTF8') return;
  throw new Error(
    `it has the encoding ${encoding}, and Conclave needs UTF8. Make one by ` +
      "CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0",
  );
}

/** Its disk may be another machine's; this keeps nothing there. @throws Error in words */
export async function requireRoom(dataSource: DataSource): Promise<void> {
  try {
    await dataSource.transaction(async (manager) => {
      await manager.query("SET LOCAL work_mem = '64kB'");
      await manager.query("SET LOCAL temp_tablespaces = ''"); // the one of the database itself
      await manager.query(LONG_ANSWER);
    });
  } catch (error) {
    if (!isDiskFull(error)) return; // as at temp_file_limit: it is no check of anything else
    throw new Error(`its disk is full: ${(error as Error).message}`, { cause: error });
  }
}

/**
 * A pooler that shares its connections by transaction loses named statements, bounds and the advisory
 * lock between two statements. Two sessions of ours are then served by one process of PostgreSQL, or one
 * by several. Without a pooler the process is the one named as the connection began.
 */
export async function requireSessions(dataSource: DataSource): Promise<void> {
  const [first, second] = [dataSource.createQueryRunner(), dataSource.createQueryRunner()];
  try {
    const one = (await first.connect()) as pg.PoolClient;
    const process = await processOf(one);
    if (process === (one as unknown as { processID: number }).processID) return;
    const another = await second.connect().then(processOf).catch(refuseNarrow);
    const seen = new Set([process]);
    for (let look = 0; look < LOOKS; look++) seen.add(await processOf(one));
    if (another === process || seen.size > 1) throw new SharedConnectionsError();
  } finally {
    await Promise.all([first.release(), second.release()]);
  }
}

class SharedConnectionsError extends Error {
  constructor() {
    super(
      'a pooler in between shares its connections by transaction or statement. Conclave needs one that ' +
        'works by session (PgBouncer: pool_mode = session), or the address of PostgreSQL itself',
    );
  }
}

/** Which process of PostgreSQL serves the connection. */
async function processOf(client: pg.PoolClient): Promise<number> {
  const query = { text: 'SELECT pg_backend_pid() AS pid', query_timeout: SECOND_CONNECTION_MS };
  const { rows } = await client.query<{ pid: number }>(query);
  return rows[0].pid;
}

function refuseNarrow(error: Error): never {
  throw new Error(
    `the pooler in between gives no second connection (${error.message}). Each process of Conclave uses up to ${POOL_SIZE}`,
    { cause: error },
  );
}

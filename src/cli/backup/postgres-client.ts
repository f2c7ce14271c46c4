import pg from 'pg';

const CONNECT_MS = 5000;

/** Asks a PostgreSQL by one connection of its own. */
export async function withPostgres<T>(
  databaseUrl: string,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    connectionTimeoutMillis: CONNECT_MS,
  });
  client.on('error', () => undefined); // what is asked next fails by it
  try {
    await client.connect();
    return await work(client);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(`The database at DATABASE_URL: ${message}`, { cause: error });
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Its major version. */
export async function majorVersion(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ server_version_num: string }>('SHOW server_version_num');
  return Math.floor(Number(rows[0].server_version_num) / 10_000);
}

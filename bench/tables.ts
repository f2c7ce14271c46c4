import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import pg from 'pg';
import type { Store } from './store.js';

const COLUMNS = 'owner_id, kind, since, key_id, token';
const AT_ONCE = 1000;

type KeyRow = string[];

/** The tables of a server under measurement, looked at from outside. */
export interface Tables {
  insertKeys(rows: KeyRow[]): Promise<void>;
  hasKeysUnder(keyId: string): Promise<boolean>;
  /**
   * For how long a transaction that writes has been open now, in milliseconds; 0 if none is. On SQLite
   * always 0: one lasts a turn of the event loop there.
   */
  transactionMs(): Promise<number>;
  close(): Promise<void>;
}

export function openTables(store: Store): Promise<Tables> {
  return store.url ? openPostgres(store.url) : Promise.resolve(openSqlite(store.dataDir));
}

function openSqlite(dataDir: string): Tables {
  const db = new Sqlite(join(dataDir, 'conclave.sqlite'), { timeout: 0 });
  const insert = db.prepare(`INSERT INTO wrapped_key (${COLUMNS}) VALUES (?, ?, ?, ?, ?)`);
  const under = db.prepare('SELECT 1 FROM wrapped_key WHERE key_id = ? LIMIT 1');
  return {
    insertKeys: (rows) => {
      db.transaction(() => rows.forEach((row) => insert.run(row)))();
      return Promise.resolve();
    },
    hasKeysUnder: (keyId) => Promise.resolve(under.get(keyId) !== undefined),
    transactionMs: () => Promise.resolve(0),
    close: () => Promise.resolve(void db.close()),
  };
}

async function openPostgres(url: string): Promise<Tables> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return {
    insertKeys: async (rows) => {
      for (let n = 0; n < rows.length; n += AT_ONCE) {
        const some = rows.slice(n, n + AT_ONCE);
        await client.query(
          `INSERT INTO wrapped_key (${COLUMNS})
            SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::text[])`,
          [0, 1, 2, 3, 4].map((column) => some.map((row) => row[column])),
        );
      }
      await client.query('ANALYZE');
    },
    hasKeysUnder: async (keyId) => {
      const { rowCount } = await client.query(
        'SELECT 1 FROM wrapped_key WHERE key_id = $1 LIMIT 1',
        [keyId],
      );
      return rowCount !== 0;
    },
    transactionMs: async () => {
      const { rows } = await client.query<{ ms: number }>(
        `SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start) * 1000), 0)::float8 AS ms
          FROM pg_stat_activity WHERE datname = current_database() AND backend_xid IS NOT NULL`,
      );
      return rows[0].ms;
    },
    close: () => client.end(),
  };
}

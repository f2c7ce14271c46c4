import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import pg from 'pg';
import type { Store } from './store.js';

/** All segments of a store: how many, of how many messages, and how large. */
export interface SegmentCount {
  segments: number;
  messages: number;
  bytes: number;
}

const COUNT = `SELECT count(*) AS segments, coalesce(sum(last_seq - first_seq + 1), 0) AS messages,
  coalesce(sum(length(data)), 0) AS bytes FROM search_segment`;

export async function countSegments({ url, dataDir }: Store): Promise<SegmentCount> {
  const row = url ? await countOnPostgres(url) : countOnSqlite(dataDir);
  return {
    segments: Number(row.segments),
    messages: Number(row.messages),
    bytes: Number(row.bytes),
  };
}

function countOnSqlite(dataDir: string): SegmentCount {
  const db = new Sqlite(join(dataDir, 'conclave.sqlite'), { readonly: true });
  try {
    return db.prepare(COUNT).get() as SegmentCount;
  } finally {
    db.close();
  }
}

async function countOnPostgres(url: string): Promise<SegmentCount> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<SegmentCount>(COUNT)).rows[0];
  } finally {
    await client.end();
  }
}

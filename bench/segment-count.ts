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

export async function countSegments(store: Store): Promise<SegmentCount> {
  const [row] = await rowsOf<SegmentCount>(store, COUNT);
  return {
    segments: Number(row.segments),
    messages: Number(row.messages),
    bytes: Number(row.bytes),
  };
}

/** So that they are made anew. The server is stopped. */
export async function dropSegments(store: Store): Promise<void> {
  await rowsOf(store, 'DELETE FROM search_segment RETURNING last_seq');
}

function rowsOf<T>({ url, dataDir }: Store, sql: string): T[] | Promise<T[]> {
  return url ? rowsOnPostgres<T>(url, sql) : rowsOnSqlite<T>(dataDir, sql);
}

function rowsOnSqlite<T>(dataDir: string, sql: string): T[] {
  const db = new Sqlite(join(dataDir, 'conclave.sqlite'));
  try {
    return db.prepare(sql).all() as T[];
  } finally {
    db.close();
  }
}

async function rowsOnPostgres<T>(url: string, sql: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows as T[];
  } finally {
    await client.end();
  }
}

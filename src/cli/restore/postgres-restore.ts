import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { requireOurs } from '../backup/postgres-backup.js';
import { majorVersion, withPostgres } from '../backup/postgres-client.js';
import { findTool, runTool } from '../backup/postgres-tools.js';
import { COUNTS, emptied, type Restored, toRestored } from './restored.js';

const TABLES = `SELECT relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
  WHERE relkind IN ('r', 'p', 'v', 'm', 'S') AND nspname = current_schema() LIMIT 1`;

/**
 * Puts a dump into an empty database, whole or not at all.
 *
 * @param copyFirst brings what the rows name, once it is sure that the database is empty
 */
export async function restorePostgres(
  databaseUrl: string,
  file: string,
  isKept: boolean,
  copyFirst: () => Promise<void>,
): Promise<Restored> {
  const version = await withPostgres(databaseUrl, async (client) => {
    await requireEmpty(client);
    return majorVersion(client);
  });
  const restore = await findTool('pg_restore', version);
  const list = await runTool(restore, ['--list', file]);
  requireOurs(list);
  await copyFirst();
  await restoreListed(withoutDataOf(emptied(isKept), list), (wanted) =>
    runTool(
      restore,
      ['--exit-on-error', '--single-transaction', '--no-owner', `--use-list=${wanted}`, file],
      databaseUrl,
    ),
  );
  return withPostgres(databaseUrl, async (client) => {
    const { rows: counts } = await client.query<Record<string, unknown>>(COUNTS);
    return toRestored(counts[0]);
  });
}

async function requireEmpty(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ relname: string }>(TABLES);
  const { rows: encodings } = await client.query<{ server_encoding: string }>(
    'SHOW server_encoding',
  );
  if (rows.length > 0) {
    throw new Error(
      `it holds ${rows[0].relname}, and is not written over. Make an empty one and name that: createdb --encoding=UTF8 --template=template0 …`,
    );
  }
  if (encodings[0].server_encoding !== 'UTF8') throw new Error('it is not UTF8');
}

function withoutDataOf(tables: string[], list: string): string {
  const unwanted = new RegExp(` TABLE DATA \\S+ (${tables.join('|')}) `);
  return list
    .split('\n')
    .filter((line) => !unwanted.test(line))
    .join('\n');
}

async function restoreListed(
  list: string,
  work: (file: string) => Promise<unknown>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'conclave-restore-'));
  try {
    const file = join(folder, 'list');
    writeFileSync(file, list);
    await work(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

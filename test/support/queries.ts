import type { DataSource, Logger } from 'typeorm';
import type { Database } from '../../src/database/database.js';

export interface Query {
  sql: string;
  parameters: unknown[];
}

/** What the database is asked while `work` runs, in order, by whichever of its connections. */
export async function queriesOf(
  database: Database,
  work: () => Promise<unknown>,
): Promise<Query[]> {
  const seen: Query[] = [];
  // Writes and snapshots have connections of their own on SQLite.
  const { all: sources } = database as unknown as Record<string, DataSource[]>;
  const before = database.reader.logger;
  const ignore = (): void => undefined;
  const logger: Logger = {
    logQuery: (sql, parameters = []) => seen.push({ sql, parameters: parameters as unknown[] }),
    logQueryError: ignore,
    logQuerySlow: ignore,
    logSchemaBuild: ignore,
    logMigration: ignore,
    log: ignore,
  };
  for (const source of sources) source.logger = logger;
  try {
    await work();
  } finally {
    for (const source of sources) source.logger = before;
  }
  return seen;
}

import { createHash } from 'node:crypto';
import type { DataSource, EntityManager } from 'typeorm';
import { newId } from '../crypto/ids.js';
import { Installation } from './installation.entity.js';
import {
  InitialSchema1763800000000,
  initialTables,
} from './migrations/1763800000000-initial-schema.js';
import { statement } from './statement.js';
import type { Reads } from './transaction.js';

const HISTORY = 'SELECT history FROM installation WHERE id = 1';
const FIND_HISTORY = statement({ name: 'find_history', postgres: HISTORY, sqlite: HISTORY });

/** The tables of the database are none that a migration of ours has made. */
export class UnreleasedSchemaError extends Error {
  constructor(howToMoveIt: string) {
    super(
      'it was made by an unreleased version, whose tables were other ones. ' +
        `${howToMoveIt}, and start again.`,
    );
  }
}

/**
 * To be asked before anything is migrated. A database is known by its first migration, which does
 * not change once it is released; later ones build upon it.
 *
 * @throws UnreleasedSchemaError
 */
export async function requireReleasedSchema(
  dataSource: DataSource,
  howToMoveIt: () => string | Promise<string>,
): Promise<void> {
  if (!(await isReleased(dataSource))) throw new UnreleasedSchemaError(await howToMoveIt());
}

/** A database with no tables of ours is as good as one. */
async function isReleased(dataSource: DataSource): Promise<boolean> {
  const { manager } = dataSource;
  if (!(await hasTable(dataSource, 'migrations'))) return true;
  const migrations = await manager.query<{ name: string }[]>('SELECT name FROM migrations');
  if (migrations.length === 0) return true;
  const first = new InitialSchema1763800000000().name;
  if (!migrations.some(({ name }) => name === first)) return false;
  if (!(await hasTable(dataSource, 'installation'))) return false;
  const found = await manager.findOneBy(Installation, { id: 1 });
  return !found || found.schemaHash === schemaHash(manager);
}

/** The line of history that the database is on; none where it was restored, or is to begin anew. */
export async function findHistory(reads: Reads): Promise<string | undefined> {
  const [found] = await reads.rows<[string]>(FIND_HISTORY, []);
  return found?.[0];
}

/** Begins a new line of history where there is none; of several processes one does. */
export async function makeInstallation(manager: EntityManager): Promise<void> {
  const row = { id: 1, history: newId(), schemaHash: schemaHash(manager) };
  await manager.createQueryBuilder().insert().into(Installation).values(row).orIgnore().execute();
}

function schemaHash(manager: EntityManager): string {
  return createHash('sha256')
    .update(JSON.stringify(initialTables(manager)))
    .digest('hex');
}

async function hasTable(dataSource: DataSource, name: string): Promise<boolean> {
  const runner = dataSource.createQueryRunner();
  try {
    return await runner.hasTable(name);
  } finally {
    await runner.release();
  }
}

import { existsSync } from 'node:fs';
import { DataSource } from 'typeorm';
import type { Settings } from '../../config/settings.js';
import { requireReleasedSchema } from '../../database/installation.js';
import { postgresOptions } from '../../database/postgres/options.js';
import {
  requireRoom,
  requireSessions,
  requireUtf8,
  requireWritable,
} from '../../database/postgres/postgres-fitness.js';
import { sqliteFile, sqliteOptions } from '../../database/sqlite/options.js';
import { entities } from '../../entities.js';
import { type Finding, findingsOf } from './finding.js';

const { danger, advice } = findingsOf('database');
const ROLE = `SELECT rolsuper AS super, has_schema_privilege(current_schema(), 'CREATE') AS creates
  FROM pg_roles WHERE rolname = current_user`;

/** Connects without changing anything; of SQLite beside a server read-only, in short reads. */
export async function openToLook(settings: Settings): Promise<DataSource | undefined> {
  if (settings.databaseUrl) return new DataSource(postgresOptions(settings, entities)).initialize();
  if (!existsSync(sqliteFile(settings))) return undefined;
  return new DataSource(sqliteOptions(settings, entities, 'read-only')).initialize();
}

/** Whether the server can work with it at all; the same checks as at its start, and its disk. */
export async function databaseFindings(source: DataSource): Promise<Finding[]> {
  const schema = await refusalOf(
    () => requireReleasedSchema(source, () => 'Move it away'),
    'The server refuses it at its start.',
  );
  if (source.options.type !== 'postgres') return schema;
  const checks: [() => Promise<void>, string][] = [
    [() => requireUtf8(source), 'A dump of it can be restored into one that is UTF8.'],
    [() => requireWritable(source), 'Until then /health/ready is 503.'],
    [() => requireRoom(source), 'Make room: until then sends are answered 503.'],
    [() => requireSessions(source), 'The server refuses it at its start.'],
  ];
  const faults = [];
  for (const [check, advice] of checks) faults.push(...(await refusalOf(check, advice)));
  return [...schema, ...faults, ...(await ofRole(source))];
}

async function ofRole(source: DataSource): Promise<Finding[]> {
  const [role] = await source.query<{ super: boolean; creates: boolean | null }[]>(ROLE);
  const lines = 'docs/operations.md has the lines for a role of its own.';
  return [
    ...(role.creates
      ? []
      : [danger('The role at DATABASE_URL may not make tables, which an upgrade does.', lines)]),
    ...(role.super
      ? [
          advice(
            'The role at DATABASE_URL is a superuser: it needs nothing but its database.',
            lines,
          ),
        ]
      : []),
  ];
}

async function refusalOf(check: () => Promise<void>, advice: string): Promise<Finding[]> {
  try {
    await check();
    return [];
  } catch (error) {
    return [danger(`The database: ${(error as Error).message}.`, advice)];
  }
}

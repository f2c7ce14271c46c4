import { majorVersion, withPostgres } from './postgres-client.js';
import { findTool, runTool } from './postgres-tools.js';

/**
 * Has pg_dump write what was committed at one moment, and reads it all back. The name of the line of
 * history stays behind.
 */
export async function dumpPostgres(databaseUrl: string, draft: string): Promise<void> {
  const version = await withPostgres(databaseUrl, majorVersion);
  const dump = await findTool('pg_dump', version);
  const restore = await findTool('pg_restore', dump.version);
  const options = ['--format=custom', '--exclude-table-data=installation', `--file=${draft}`];
  await runTool(dump, options, databaseUrl);
  requireOurs(await runTool(restore, ['--list', draft]));
  await runTool(restore, ['--file=/dev/null', draft]); // unpacks every row
}

/** @throws Error where a list of a dump's contents lacks tables of ours */
export function requireOurs(list: string): void {
  const lacking = ['migrations', 'users', 'chat', 'message', 'wrapped_key'].filter(
    (table) => !new RegExp(` TABLE DATA \\S+ ${table} `).test(list),
  );
  if (lacking.length === 0) return;
  throw new Error(`It is no whole backup of Conclave: it lacks ${lacking.join(', ')}`);
}

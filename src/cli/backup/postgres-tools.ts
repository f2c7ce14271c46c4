import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** Folders that hold one folder for each version, as Debian and Red Hat have them. */
const VERSIONED = ['/usr/lib/postgresql', '/usr'];
const MAX_OUTPUT = 64 * 1024 * 1024;

type Name = 'pg_dump' | 'pg_restore';

/** A program of PostgreSQL, and its major version. */
export interface Tool {
  path: string;
  version: number;
}

/** The oldest of those installed that is not older than the server. @throws Error that says what to install */
export async function findTool(name: Name, server: number): Promise<Tool> {
  const found = (
    await Promise.all(folders().map((folder) => versionOf(join(folder, name))))
  ).filter((tool) => tool !== undefined);
  const [best] = found
    .filter(({ version }) => version >= server)
    .sort((one, other) => one.version - other.version);
  if (best) return best;
  const others = found.map(({ path, version }) => `${path} is of version ${version}`).join(', ');
  throw new Error(
    `${name} of PostgreSQL ${server} or newer is not in PATH, nor in /usr/lib/postgresql/*/bin` +
      `${others && ` (${others})`}. Install it: apt-get install postgresql-client-${server}, or what your system calls it.`,
  );
}

/**
 * Runs one of them on the database at a URL, whose password no other process sees.
 *
 * @returns what it writes to standard output
 */
export async function runTool(
  { path }: Tool,
  args: string[],
  databaseUrl?: string,
): Promise<string> {
  const { url, password } = splitUrl(databaseUrl);
  const env = { ...process.env, ...(password && { PGPASSWORD: password }) };
  const all = [...(url ? [`--dbname=${url}`] : []), ...args];
  try {
    return (await run(path, all, { env, maxBuffer: MAX_OUTPUT })).stdout;
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim() || (error as Error).message;
    throw new Error(`${path}: ${said}`, { cause: error });
  }
}

/** As libpq knows it: it has no `no-verify`, and none of the driver's own parameters. */
function splitUrl(databaseUrl: string | undefined): { url?: string; password?: string } {
  if (!databaseUrl) return {};
  const url = new URL(databaseUrl);
  const password = decodeURIComponent(url.password);
  url.password = '';
  url.searchParams.delete('uselibpqcompat');
  if (url.searchParams.get('sslmode') === 'no-verify') url.searchParams.set('sslmode', 'require');
  return { url: url.href, password };
}

function folders(): string[] {
  const versioned = VERSIONED.filter(existsSync).flatMap((parent) =>
    readdirSync(parent)
      .filter((name) => /^(pgsql-)?\d+$/.test(name))
      .map((name) => join(parent, name, 'bin')),
  );
  return [...(process.env.PATH ?? '').split(':').filter(Boolean), ...versioned];
}

async function versionOf(path: string): Promise<Tool | undefined> {
  if (!existsSync(path)) return undefined;
  const said = await run(path, ['--version']).catch(() => ({ stdout: '' }));
  const version = /(\d+)[.\w]*(?: |$)/m.exec(said.stdout.replace(/^.*\) /, ''))?.[1];
  return version ? { path, version: Number(version) } : undefined;
}

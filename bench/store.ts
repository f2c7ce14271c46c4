import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { DatabaseKind } from './options.js';

const POSTGRES_URL =
  process.env.BENCH_POSTGRES_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres';

/** An empty database for one server: a folder, or a PostgreSQL database besides it. */
export class Store {
  private static readonly open = new Set<Store>();

  private constructor(
    readonly dataDir: string,
    readonly url: string | undefined,
  ) {
    Store.open.add(this);
  }

  static async create(kind: DatabaseKind): Promise<Store> {
    const dataDir = mkdtempSync(join(tmpdir(), 'conclave-bench-'));
    if (kind === 'sqlite') return new Store(dataDir, undefined);
    const name = `conclave_bench_${randomBytes(6).toString('hex')}`;
    await ask(`CREATE DATABASE ${name}`);
    const url = new URL(POSTGRES_URL);
    url.pathname = `/${name}`;
    return new Store(dataDir, url.href);
  }

  static async dropAll(): Promise<void> {
    await Promise.all([...Store.open].map((store) => store.drop()));
  }

  get environment(): NodeJS.ProcessEnv {
    return { DATA_DIR: this.dataDir, ...(this.url && { DATABASE_URL: this.url }) };
  }

  async drop(): Promise<void> {
    Store.open.delete(this);
    rmSync(this.dataDir, { recursive: true, force: true });
    if (this.url) {
      await ask(`DROP DATABASE ${new URL(this.url).pathname.slice(1)} WITH (FORCE)`);
    }
  }
}

/** Version and durability of the PostgreSQL that is measured; undefined when none answers. */
export async function describePostgres(): Promise<string | undefined> {
  try {
    const version = await ask('SHOW server_version');
    const commit = await ask('SHOW synchronous_commit');
    return `${version} (synchronous_commit=${commit}, fsync=${await ask('SHOW fsync')})`;
  } catch {
    return undefined;
  }
}

/** The first value of the answer, if it has any. */
async function ask(statement: string): Promise<string> {
  const client = new pg.Client({ connectionString: POSTGRES_URL, connectionTimeoutMillis: 3000 });
  try {
    await client.connect();
    const { rows } = await client.query<string[]>({ text: statement, rowMode: 'array' });
    return rows[0]?.[0] ?? '';
  } finally {
    await client.end().catch(() => undefined);
  }
}

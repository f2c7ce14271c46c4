import { randomBytes } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { postgresUrl } from './services.js';

export const isPostgres = process.env.TEST_DATABASE === 'postgres';

/** An empty database of the kind under test, and the environment that names it. */
export class TestDatabase {
  private constructor(
    readonly dataDir: string,
    readonly url: string | undefined,
  ) {}

  static async create(): Promise<TestDatabase> {
    const dataDir = mkdtempSync(join(tmpdir(), 'conclave-test-'));
    if (!isPostgres) return new TestDatabase(dataDir, undefined);
    const name = `conclave_test_${randomBytes(6).toString('hex')}`;
    await administer(`CREATE DATABASE ${name}`);
    const url = new URL(postgresUrl);
    url.pathname = `/${name}`;
    return new TestDatabase(dataDir, url.href);
  }

  /** As a snapshot of the disk would have it, while no server runs. */
  async copy(): Promise<TestDatabase> {
    const dataDir = mkdtempSync(join(tmpdir(), 'conclave-test-'));
    cpSync(this.dataDir, dataDir, { recursive: true, filter: (path) => !path.endsWith('.sock') });
    if (!this.url) return new TestDatabase(dataDir, undefined);
    const url = new URL(this.url);
    const name = `conclave_test_${randomBytes(6).toString('hex')}`;
    await administer(`CREATE DATABASE ${name} TEMPLATE ${url.pathname.slice(1)}`);
    url.pathname = `/${name}`;
    return new TestDatabase(dataDir, url.href);
  }

  get environment(): NodeJS.ProcessEnv {
    return {
      NODE_ENV: 'test',
      PORT: '0',
      PBKDF2_ITERATIONS: '1000',
      DATA_DIR: this.dataDir,
      ...(this.url && { DATABASE_URL: this.url }),
    };
  }

  async drop(): Promise<void> {
    if (this.url) {
      await administer(`DROP DATABASE ${new URL(this.url).pathname.slice(1)} WITH (FORCE)`);
    }
    rmSync(this.dataDir, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function administer(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: postgresUrl.href });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

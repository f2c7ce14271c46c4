import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Settings } from '../../src/config/settings.js';
import { openDatabase } from '../../src/database/open-database.js';
import { entities } from '../../src/entities.js';
import { missingPostgres, PostgresProcess } from '../faults/support/postgres-process.js';
import { Certificate, missingOpenssl } from '../support/certificate.js';
import { isPostgres } from '../support/test-database.js';

const lacking = isPostgres ? missingPostgres() || missingOpenssl : 'needs PostgreSQL';
const ENCRYPTED = 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()';

describe.skipIf(lacking)(`TLS to PostgreSQL${lacking ? ` (${lacking})` : ''}`, () => {
  let postgres: PostgresProcess;
  let folder: string;
  let certificate: Certificate;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'conclave-test-'));
    certificate = new Certificate(folder, 'db.example.org');
    postgres = await PostgresProcess.create();
    await postgres.offerTls(certificate.file, certificate.keyFile);
  });
  afterAll(async () => {
    await postgres.remove();
    rmSync(folder, { recursive: true });
  });

  /** Whether the connection is encrypted; rejects where there is none. */
  async function isEncrypted(query: string, host = '127.0.0.1'): Promise<boolean> {
    const url = postgres.url.replace('127.0.0.1', host);
    const DATABASE_URL = `${url}${query.replace('/etc/ssl/pg-ca.pem', certificate.file)}`;
    const settings = new Settings({ NODE_ENV: 'test', DATABASE_URL });
    const database = await openDatabase(settings, entities);
    try {
      const [{ ssl }] = await database.reader.query<[{ ssl: boolean }]>(ENCRYPTED);
      return ssl;
    } finally {
      await database.onApplicationShutdown();
    }
  }

  const ours = '?sslmode=verify-full&sslrootcert=/etc/ssl/pg-ca.pem';

  it('is asked for by the URL alone', async () => {
    expect(await isEncrypted('')).toBe(false);
    expect(await isEncrypted('?sslmode=disable')).toBe(false);
    expect(await isEncrypted(ours)).toBe(true);
    expect(await isEncrypted('?sslmode=no-verify')).toBe(true);
    expect(await isEncrypted('?sslmode=require&uselibpqcompat=true')).toBe(true);
  });

  it.each(['verify-full', 'verify-ca', 'require', 'prefer'])(
    'takes no certificate of a CA that it does not know: %s',
    async (mode) => {
      await expect(isEncrypted(`?sslmode=${mode}`)).rejects.toThrow(
        /^The database at DATABASE_URL does not open: .*self-signed certificate/,
      );
    },
  );

  it('takes a certificate for its own host name alone', async () => {
    await expect(isEncrypted(ours, '127.0.0.2')).rejects.toThrow(/127\.0\.0\.2/);
  });
});

import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { Settings } from '../../src/config/settings.js';
import { openDatabase } from '../../src/database/open-database.js';
import { entities } from '../../src/entities.js';
import { postgresUrl } from '../support/services.js';
import { isPostgres } from '../support/test-database.js';

describe.runIf(isPostgres)('a PostgreSQL database that is not UTF8', () => {
  it.each(['SQL_ASCII', 'LATIN1'])('is refused at start in words: %s', async (encoding) => {
    const name = `conclave_test_${randomBytes(6).toString('hex')}`;
    const client = new pg.Client({ connectionString: postgresUrl.href });
    await client.connect();
    const locale = "TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'";
    await client.query(`CREATE DATABASE ${name} ENCODING '${encoding}' ${locale}`);
    try {
      const url = new URL(postgresUrl);
      url.pathname = `/${name}`;
      const settings = new Settings({ NODE_ENV: 'test', DATABASE_URL: url.href });
      await expect(openDatabase(settings, entities)).rejects.toThrow(
        `The database at DATABASE_URL does not open: it has the encoding ${encoding}, and Conclave needs UTF8.`,
      );
    } finally {
      await client.query(`DROP DATABASE ${name} WITH (FORCE)`);
      await client.end();
    }
  });
});

import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { blocksOf } from '../support/guide.js';
import { postgresUrl } from '../support/services.js';
import { TestApp } from '../support/test-app.js';
import { isPostgres, TestDatabase } from '../support/test-database.js';

const [own, foreign] = blocksOf('Who the server is there', 'sql');

describe.runIf(isPostgres)('the rights in the guide', () => {
  /** Runs statements as the superuser, with this name in place of the guide's. */
  async function administer(statements: string, name: string, database?: string): Promise<void> {
    const url = new URL(postgresUrl);
    if (database) url.pathname = `/${database}`;
    const client = new pg.Client({ connectionString: url.href });
    await client.connect();
    const own = statements.replaceAll(/\bconclave\b/g, name).replaceAll('a password', name);
    for (const statement of own.split(';').filter((text) => text.trim())) {
      await client.query(statement);
    }
    await client.end();
  }

  function urlFor(name: string): string {
    const url = new URL(postgresUrl);
    Object.assign(url, { username: name, password: name, pathname: `/${name}` });
    return url.href;
  }

  async function expectServing(name: string): Promise<void> {
    const database = await TestDatabase.create();
    const app = await TestApp.start({ DATABASE_URL: urlFor(name) }, database);
    const [role] = await app.sql(
      'SELECT current_user AS name, rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user',
    );
    expect(role).toEqual({ name, rolsuper: false, rolcreatedb: false });
    const { user, chatId } = await app.givenMember();
    await user.client.post('/message/', { chatid: chatId, message: 'hello' });
    expect((await user.client.get(`/message/?chat_id=${chatId}`)).body.data).toHaveLength(1);
    expect((await app.anonymous.get('/health/ready')).status).toBe(200);
    await app.stop();
  }

  const newName = (): string => `conclave_test_${randomBytes(6).toString('hex')}`;

  it('are enough where it owns its database', async () => {
    const name = newName();
    await administer(own, name);
    await expectServing(name);
    await administer('DROP DATABASE conclave WITH (FORCE); DROP ROLE conclave', name);
  });

  it("are enough in somebody else's", async () => {
    const name = newName();
    await administer(
      "CREATE ROLE conclave LOGIN PASSWORD 'a password'; CREATE DATABASE conclave",
      name,
    );
    await administer('REVOKE CREATE ON SCHEMA public FROM public', name, name);
    await administer(foreign, name, name);
    await expectServing(name);
    await administer('DROP DATABASE conclave WITH (FORCE); DROP ROLE conclave', name);
  });
});

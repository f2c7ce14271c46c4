import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Settings } from '../../src/config/settings.js';
import { openDatabase } from '../../src/database/open-database.js';
import { entities } from '../../src/entities.js';
import { blocksOf } from '../support/guide.js';
import { missingPgBouncer, PgBouncerProcess } from '../support/pgbouncer-process.js';
import { TestApp } from '../support/test-app.js';
import { isPostgres, TestDatabase } from '../support/test-database.js';

const lacking = isPostgres ? missingPgBouncer : 'needs PostgreSQL';
if (isPostgres && lacking && process.env.REQUIRE_SERVICES) throw new Error(lacking);

describe.skipIf(lacking)(`behind PgBouncer${lacking && ` (${lacking})`}`, () => {
  let database: TestDatabase;
  let pooler: PgBouncerProcess | undefined;
  beforeEach(async () => {
    database = await TestDatabase.create();
  });
  afterEach(async () => {
    await pooler?.stop();
    await database.drop();
  });

  async function environmentBehind(settings: string): Promise<NodeJS.ProcessEnv> {
    pooler = await PgBouncerProcess.before(new URL(database.url!), settings);
    return { ...database.environment, DATABASE_URL: pooler.url };
  }

  it.each([
    'pool_mode = transaction',
    'pool_mode = transaction\ndefault_pool_size = 1',
    'pool_mode = transaction\nserver_round_robin = 1\nmin_pool_size = 5',
    'pool_mode = statement',
  ])('is refused at start in words: %s', async (settings) => {
    const environment = await environmentBehind(settings);
    await expect(openDatabase(new Settings(environment), entities)).rejects.toThrow(
      /^The database at DATABASE_URL does not open: a pooler in between shares its connections.*pool_mode = session/,
    );
  });

  it('works where it pools by session, as in the guide', async () => {
    const [, settings] = blocksOf('What may stand in between', 'ini')[0].split('[pgbouncer]');
    const environment = await environmentBehind(settings);
    const app = await TestApp.start(environment, database);
    const { user, chatId } = await app.givenMember();
    const sent = await app.as(user).post('/message/', { chatid: chatId, message: 'through' });
    const { body } = await app.as(user).get(`/message/${sent.body.id}`);
    expect(body.message).toBe('through');
    await app.close();
  });

  it('says so where it gives too few connections', async () => {
    const environment = await environmentBehind('pool_mode = session\ndefault_pool_size = 1');
    await expect(openDatabase(new Settings(environment), entities)).rejects.toThrow(
      /the pooler in between gives no second connection/,
    );
  });
});

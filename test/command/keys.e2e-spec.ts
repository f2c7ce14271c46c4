import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MasterKeys } from '../../src/encryption/master-keys.js';
import { beside, conclave, conclaveJson } from '../support/command.js';
import { TestApp } from '../support/test-app.js';
import { TestDatabase } from '../support/test-database.js';

const newKey = (): string => `${randomBytes(32).toString('base64url')}=`;
const [old, fresh] = [newKey(), newKey()];

let database: TestDatabase;
let app: TestApp | undefined;
beforeEach(async () => {
  database = await TestDatabase.create();
});
afterEach(async () => {
  await app?.close();
  app = undefined;
  await database.drop();
});

const start = async (MASTER_KEYS: string): Promise<TestApp> =>
  (app = await TestApp.start({ MASTER_KEYS, LOG_LEVEL: 'info' }, database));
const keys = (...args: string[]) => conclave(beside(database), ['keys', ...args, '--json']);

describe('conclave keys, beside a server', () => {
  it('rotates, tells what is left, and verifies', async () => {
    await start(old);
    const { user, chatId } = await app!.givenMember();
    await user.client.post('/message/', { chatid: chatId, message: 'hello' });
    await app!.close();
    await start(`${fresh},${old}`);
    const rotated = await keys('rotate');
    expect(rotated.code).toBe(0);
    const status = await keys('status');
    expect([status.code, JSON.parse(status.out).left]).toEqual([0, 0]);
    const verified = await keys('verify', '--messages');
    expect([verified.code, JSON.parse(verified.out).failed]).toEqual([0, 0]);
    await app!.sql('UPDATE message SET ciphertext = ?', ['gAAAA']);
    const damaged = await keys('verify', '--messages');
    expect([damaged.code, JSON.parse(damaged.out).failed]).toEqual([1, 1]);
  });

  it('tells of what does not open each time, and ends with 3', async () => {
    await start(old);
    const { chatId } = await app!.givenMember();
    await app!.close();
    await start(`${fresh},${old}`);
    await app!.sql('UPDATE wrapped_key SET token = ?, key_id = ? WHERE owner_id = ?', [
      'gAAAA',
      MasterKeys.of(old).currentId,
      chatId,
    ]);
    for (const time of ['first', 'second']) {
      const rotated = await keys('rotate');
      expect([rotated.code, JSON.parse(rotated.out).failed], time).toEqual([3, 1]);
    }
    await app!.sql('DELETE FROM wrapped_key WHERE owner_id = ?', [chatId]); // as its destruction does
    const rotated = await keys('rotate');
    expect([rotated.code, JSON.parse(rotated.out).failed]).toEqual([0, 0]);
    const { keys: known } = await conclaveJson(beside(database), ['keys', 'status']);
    expect(known.map(({ failed }: { failed: number }) => failed)).toEqual(known.map(() => 0));
  });

  it('renews the keys of a room, an account or all, and takes one of them', async () => {
    await start(old);
    const { user, chatId } = await app!.givenMember();
    for (const target of [['--room', chatId], ['--user', user.email], ['--all']]) {
      const renewed = await conclaveJson(beside(database), ['keys', 'renew', ...target]);
      expect(renewed.renewed).toBeGreaterThan(0);
    }
    for (const target of [[], ['--all', '--room', chatId], ['--room', user.id]]) {
      expect((await keys('renew', ...target)).code).toBe(1);
    }
    const told = app!.log.filter(({ event }) => event === 'keys.renewed');
    expect(told.map(({ via }) => via)).toEqual(['command', 'command', 'command']);
    expect(told[0]).toMatchObject({ chat_id: chatId, renewed: 1, counts_from: expect.any(String) });
  });

  it('begins a new line of history', async () => {
    await start(old);
    const { user } = await app!.givenMember();
    const before = (await user.client.post('/sync', {})).body.history;
    const { history } = await conclaveJson(beside(database), ['history', 'renew']);
    expect(history).not.toBe(before);
    expect((await user.client.post('/sync', {})).body.history).toBe(history);
  });
});

describe('conclave keys, where no server answers', () => {
  it('says which key is missing, and ends with 4', async () => {
    await start(old);
    await app!.givenUser();
    await app!.close();
    app = undefined;
    const environment = { ...database.environment, MASTER_KEYS: fresh };
    const { code, out } = await conclave(environment, ['keys', 'status', '--json']);
    expect([code, JSON.parse(out).error]).toEqual([4, expect.stringContaining('key id')]);
  });
});

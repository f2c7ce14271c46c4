import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { KeyVerification, type VerificationReport } from '../../src/encryption/key-verification.js';
import { OwnerKeys } from '../../src/encryption/owner-keys.js';
import { KeyRenewal } from '../../src/encryption/key-renewal.js';
import { givenKeys } from '../support/given-keys.js';
import { expectShortTurns } from '../support/turns.js';
import { until } from '../support/until.js';
import { TestApp, type TestUser } from '../support/test-app.js';

let app: TestApp;
let user: TestUser;
let chatId: string;
beforeEach(async () => {
  app = await TestApp.start({ LOG_LEVEL: 'info' });
  ({ user, chatId } = await app.givenMember());
});
afterEach(async () => {
  vi.restoreAllMocks();
  await app.stop();
});

const verify = (messages = true): Promise<VerificationReport> =>
  app.nest.get(KeyVerification).verify({ messages });

async function send(message: string, room = chatId): Promise<string> {
  const { status, body } = await user.client.post('/message/', { chatid: room, message });
  expect(status).toBe(201);
  return body.id;
}

const sound = (part: string, opened: number): object => ({ part, opened, failed: 0, failures: [] });

describe('a verification', () => {
  it('goes on after long messages, of which it takes few at a time', async () => {
    const long = '\u{1F511}'.repeat(16_000);
    const room = await app.givenChat(user);
    for (let n = 0; n < 14; n++) await send(long, room);
    for (let n = 0; n < 14; n++) await send(`${n}`);
    expect((await verify()).parts).toContainEqual(sound('messages', 28));
  });

  it('opens every key, and every message', async () => {
    const other = await app.givenChat(user);
    for (let n = 0; n < 130; n++) await send(`${n}`, n % 3 ? chatId : other);
    await app.nest.get(KeyRenewal).renew('all');
    const gone = await send('to be deleted');
    await user.client.request('DELETE', `/message/${gone}`);
    await givenKeys(app, 450);
    expect(await verify()).toEqual({
      parts: [sound('keys', 456), sound('messages', 130), sound('files', 0), sound('segments', 0)],
      failed: 0,
      seconds: expect.any(Number),
    });
    expect(await verify(false)).toMatchObject({ parts: [sound('keys', 456)] });
  });

  it('finds the one key among many that does not open', async () => {
    const [broken, moved] = await givenKeys(app, 450);
    await app.sql('UPDATE wrapped_key SET token = ? WHERE owner_id = ?', ['gAAAA', broken]);
    const sql = 'UPDATE wrapped_key SET key_id = ? WHERE owner_id = ?';
    await app.sql(sql, ['0123456789abcdef', moved]); // a master key that nobody has
    const { parts, failed } = await verify(false);
    expect(failed).toBe(2);
    expect(parts[0]).toMatchObject({ part: 'keys', opened: 450, failed: 2 });
    expect(parts[0].failures.sort()).toEqual([broken, moved].sort());
    const metrics = await (await fetch(`${app.url}/metrics`)).text();
    expect(metrics).toContain('conclave_verified_total{part="keys"} 450');
    expect(metrics).toContain('conclave_verify_failed_total{part="keys"} 2');
  });

  it('finds messages that were changed or moved, and those whose key is gone', async () => {
    const [changed, one, another] = [await send('a'), await send('b'), await send('c')];
    const lost = await send('d', await app.givenChat(user));
    await send('sound');
    await app.sql('UPDATE message SET ciphertext = ? WHERE id = ?', ['gAAAA', changed]);
    const [{ ciphertext }] = await app.sql('SELECT ciphertext FROM message WHERE id = ?', [one]);
    await app.sql('UPDATE message SET ciphertext = ? WHERE id = ?', [ciphertext, another]);
    const [{ chat_id }] = await app.sql('SELECT chat_id FROM message WHERE id = ?', [lost]);
    await app.sql('DELETE FROM wrapped_key WHERE owner_id = ?', [chat_id]);
    app.nest.get(OwnerKeys).forgetAll();
    const { parts, failed } = await verify();
    expect(failed).toBe(3);
    expect(parts[1]).toMatchObject({ part: 'messages', opened: 2, failed: 3 });
    expect(parts[1].failures.sort()).toEqual([changed, another, lost].sort());
    const told = (): unknown[] => app.log.filter(({ event }) => event === 'keys.verify_failed');
    await until(() => told().length === 3, 5000);
    expect(JSON.stringify(app.log)).not.toContain('gAAAA');
  });

  it('names a hundred, and counts all', async () => {
    for (let n = 0; n < 120; n++) await send(`${n}`);
    await app.sql('UPDATE message SET ciphertext = ?', ['gAAAA']);
    const { parts } = await verify();
    expect(parts[1]).toMatchObject({ opened: 0, failed: 120 });
    expect(parts[1].failures).toHaveLength(100);
  });

  it('takes what is destroyed meanwhile for what it is', async () => {
    for (let n = 0; n < 3; n++) await send(`${n}`);
    // Between the read of the rows and that of their keys.
    vi.spyOn(app.nest.get(OwnerKeys), 'preload').mockImplementationOnce(() => {
      const end = user.client.request('DELETE', `/chat/${chatId}`);
      return end.then(() => undefined);
    });
    expect(await verify()).toMatchObject({ failed: 0 });
  });

  it('does not count the messages of an erased author, which are noise by intent', async () => {
    const { user: ben } = await app.givenMember();
    await ben.client.post('/message/', { chatid: chatId, message: 'of Ben' });
    await send('of Ada');
    await app.sql('UPDATE users SET erased_at = created_at, cleared_at = NULL WHERE id = ?', [
      ben.id,
    ]); // its tombstones are not written yet
    await app.sql('DELETE FROM wrapped_key WHERE owner_id = ?', [ben.id]);
    app.nest.get(OwnerKeys).forgetAll();
    const { parts } = await verify();
    expect(parts[1]).toMatchObject({ opened: 1, failed: 0 });
  });

  it('lets others in', async () => {
    await givenKeys(app, 5000);
    await expectShortTurns(() => Promise.resolve(() => verify()));
  });

  it('waits for one that is under way', async () => {
    await send('hello');
    const reports = await Promise.all([verify(), verify(false), verify()]);
    expect(reports.map(({ parts }) => parts.length)).toEqual([4, 1, 4]);
  });
});

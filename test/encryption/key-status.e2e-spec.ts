import { randomBytes, randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { KeyReports } from '../../src/encryption/key-reports.js';
import { KeyRotation } from '../../src/encryption/key-rotation.js';
import { exitCodeOf, type KeysReport, KeyStatus } from '../../src/encryption/key-status.js';
import { MasterKeys } from '../../src/encryption/master-keys.js';
import { FIRST_KEY } from '../../src/encryption/wrapped-key.entity.js';
import { TestApp } from '../support/test-app.js';
import { isPostgres } from '../support/test-database.js';

const newKey = (): string => `${randomBytes(32).toString('base64url')}=`;
const [older, newer, foreign] = [newKey(), newKey(), newKey()];
const [oldId, newId, foreignId] = [older, newer, foreign].map(
  (key) => MasterKeys.of(key).currentId,
);
const JWT_SECRET = randomBytes(48).toString('base64url');
const MINUTE = 60_000;

const apps: TestApp[] = [];
async function start(keys: string[], before?: TestApp): Promise<TestApp> {
  const app = await TestApp.start({ MASTER_KEYS: keys.join(), JWT_SECRET }, before?.database);
  apps.push(app);
  return app;
}
afterEach(async () => {
  const [last, ...others] = apps.splice(0).reverse();
  for (const app of others) await app.close().catch(() => undefined);
  await last?.stop();
});

const status = (app: TestApp): Promise<KeysReport> => app.nest.get(KeyStatus).read();
const rotate = (app: TestApp): Promise<unknown> => app.nest.get(KeyRotation).rotate();
const keyOf = (report: KeysReport, id: string): KeysReport['keys'][number] =>
  report.keys.find(({ key_id }) => key_id === id)!;

/** A room's key, as another process would make it. */
async function addKey(app: TestApp, master: string, token?: string): Promise<void> {
  const id = randomUUID();
  const wrapped = MasterKeys.of(master).wrap(id, randomBytes(32));
  await app.sql(
    'INSERT INTO wrapped_key (owner_id, kind, since, key_id, token) VALUES (?, ?, ?, ?, ?)',
    [id, 'chat', FIRST_KEY, wrapped.keyId, token ?? wrapped.token],
  );
}

/** As if so much time had passed since. */
const age = (app: TestApp, ms: number): Promise<unknown> =>
  app.sql('UPDATE master_key SET used_at = used_at - ?', [ms]);

describe('the status of the master keys', () => {
  it('tells what is under which, what is left, and from when the old one can go', async () => {
    const first = await start([older]);
    await first.givenMember();
    expect(await status(first)).toMatchObject({
      keys: [{ key_id: oldId, state: 'seals', chats: 1, authors: 1, safe_from: null }],
      processes: 1,
      left: 0,
    });
    await first.close();

    const second = await start([newer, older], first);
    await addKey(second, older);
    const during = await status(second);
    expect(during.keys.map(({ key_id, state }) => [key_id, state])).toEqual([
      [newId, 'seals'],
      [oldId, 'opens'],
    ]);
    expect(during.left).toBeGreaterThan(0);
    expect(keyOf(during, oldId)).toMatchObject({ safe_to_drop: false, safe_from: null });
    expect(exitCodeOf(during)).toBe(3);

    await rotate(second);
    const after = await status(second);
    expect(after).toMatchObject({ left: 0, failed: 0, other_first_keys: [], missing: [] });
    expect(exitCodeOf(after)).toBe(0);
    expect(keyOf(after, newId)).toMatchObject({ chats: 2, authors: 1, safe_to_drop: false });
    const old = keyOf(after, oldId);
    expect(old).toMatchObject({ chats: 0, authors: 0, safe_to_drop: false });
    expect(Date.parse(old.safe_from!) - Date.parse(old.used_at!)).toBe(10 * MINUTE);
    expect(Math.abs(Date.parse(old.used_at!) - Date.now())).toBeLessThan(MINUTE);

    await age(second, 9 * MINUTE);
    expect(keyOf(await status(second), oldId).safe_to_drop).toBe(false);
    await age(second, MINUTE);
    expect(keyOf(await status(second), oldId).safe_to_drop).toBe(true);
  });

  it('takes it back where an old process makes a room after nothing was left', async () => {
    const app = await start([newer, older]);
    await addKey(app, older);
    await rotate(app);
    await age(app, 11 * MINUTE);
    expect(keyOf(await status(app), oldId).safe_to_drop).toBe(true);

    await addKey(app, older);
    const late = await status(app);
    expect(late.left).toBe(1);
    expect(keyOf(late, oldId)).toMatchObject({ chats: 1, safe_to_drop: false, safe_from: null });
    expect(exitCodeOf(late)).toBe(3);

    await app.nest.get(KeyRotation).settle(); // as it does every ten minutes
    expect(keyOf(await status(app), oldId)).toMatchObject({ chats: 0, safe_to_drop: false });
  });

  it('says nothing of one that was never in use', async () => {
    const app = await start([older, newer]);
    const unused = { state: 'opens', used_at: null, safe_to_drop: false, safe_from: null };
    expect(keyOf(await status(app), newId)).toMatchObject(unused);
    expect(exitCodeOf(await status(app))).toBe(0);
  });

  it('names a master key that is missing', async () => {
    const app = await start([older]);
    await addKey(app, foreign);
    const report = await status(app);
    expect(report.missing).toEqual([foreignId]);
    expect(keyOf(report, foreignId)).toMatchObject({ state: 'unknown', chats: 1 });
    expect(exitCodeOf(report)).toBe(4);
  });

  it('counts what does not open', async () => {
    const app = await start([newer, older]);
    await addKey(app, older);
    await addKey(app, older, 'gAAAA');
    await rotate(app);
    const report = await status(app);
    expect(report).toMatchObject({ left: 1, failed: 1 });
    expect(keyOf(report, oldId)).toMatchObject({ chats: 1, failed: 1, safe_to_drop: false });
    expect(exitCodeOf(report)).toBe(3);
  });

  it('counts many, and lets others in', async () => {
    const app = await start([older]);
    const rows = Array.from(
      { length: 1001 },
      () => `('${randomUUID()}', 'author', '${FIRST_KEY}', '${oldId}', 'x')`,
    );
    await app.sql(
      `INSERT INTO wrapped_key (owner_id, kind, since, key_id, token) VALUES ${rows.join()}`,
    );
    expect(keyOf(await status(app), oldId).authors).toBe(1001);
  });
});

describe.runIf(isPostgres)('the status with several processes', () => {
  it('tells who wraps under which, and refuses a command that would wrap under another', async () => {
    const here = await start([older, newer]);
    const there = await start([newer, older], here);
    const report = await status(there);
    expect(report).toMatchObject({ processes: 2, other_first_keys: [oldId] });
    for (const id of [oldId, newId])
      expect(keyOf(report, id)).toMatchObject({ processes_sealing: 1, processes_opening: 2 });
    expect(keyOf(report, oldId)).toMatchObject({ safe_to_drop: false, safe_from: null });
    expect(exitCodeOf(report)).toBe(3);
    expect(await there.nest.get(KeyRotation).rotate()).toMatchObject({
      rows: 0,
      waits_for: [],
    });
    await addKey(here, older);
    expect(await there.nest.get(KeyRotation).rotate()).toMatchObject({
      rows: 0,
      waits_for: [oldId],
    });
    await expect(there.nest.get(KeyReports).requireSameFirstKey()).rejects.toThrow(oldId);

    await here.close();
    expect(await status(there)).toMatchObject({ processes: 1, other_first_keys: [], left: 1 });
    await there.nest.get(KeyReports).requireSameFirstKey();
    expect(await there.nest.get(KeyRotation).rotate()).toMatchObject({ rows: 1, waits_for: [] });
  });
});

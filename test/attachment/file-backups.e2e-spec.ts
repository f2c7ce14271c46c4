import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Files } from '../support/attachments.js';
import { Client } from '../support/client.js';
import { conclave, conclaveJson } from '../support/command.js';
import { TestApp, type TestUser } from '../support/test-app.js';
import { TestDatabase } from '../support/test-database.js';

const KEYS = { MASTER_KEYS: `${randomBytes(32).toString('base64url')}=` };
const SECRET = { ...KEYS, JWT_SECRET: randomBytes(48).toString('base64url') };
const BYTES = randomBytes(5 * 1024 ** 2);

let folder: string;
let backup: string;
let app: TestApp;
let source: TestDatabase;
let target: TestDatabase;
let user: TestUser;
let id: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'conclave-files-'));
  backup = join(folder, 'backup');
  [source, target] = [await TestDatabase.create(), await TestDatabase.create()];
  app = await TestApp.start(SECRET, source);
  const given = await app.givenMember();
  ({ user } = given);
  ({ id } = await new Files(app).send(user, given.chatId, BYTES));
});
afterEach(async () => {
  await app.close();
  await Promise.all([source.drop(), target.drop()]);
  rmSync(folder, { recursive: true });
});

const run = (args: string[], { environment }: TestDatabase) => conclave(environment, args);

it('a backup has the files, sealed, and a restore puts them back', async () => {
  const written = await conclaveJson(source.environment, ['backup', backup]);
  expect(written.attachments).toMatchObject({ files: 2, bytes: expect.any(Number) });
  expect(written.attachments.bytes).toBeGreaterThan(BYTES.length);
  const args = ['restore', backup, '--keep-sessions'];
  expect((await run(args, target)).out).toContain('Restored 2 sealed parts of files');
  await app.close();
  app = await TestApp.start(SECRET, target);
  const again = { ...user, client: new Client(app.url, user.accessToken) };
  expect((await new Files(app).bytes(again, id)).equals(BYTES)).toBe(true);
});

it('a restore writes over no files, and leaves none where it fails', async () => {
  await run(['backup', backup], source);
  const files = join(target.dataDir, 'attachments');
  mkdirSync(files);
  writeFileSync(join(files, 'mine'), 'here');
  const refused = await run(['restore', backup], target);
  expect([refused.code, refused.errors]).toEqual([1, expect.stringContaining('not written over')]);
  expect(readdirSync(files)).toEqual(['mine']);
  rmSync(join(files, 'mine'));
  writeFileSync(backup, 'no backup');
  expect((await run(['restore', backup], target)).code).toBe(1);
  expect(readdirSync(files)).toEqual([]);
});

it('a restore that is refused beside a server leaves its files alone', async () => {
  await run(['backup', backup], source);
  const other = await TestApp.start(SECRET, target);
  const files = join(target.dataDir, 'attachments');
  try {
    const refused = await run(['restore', backup], target);
    expect(refused.code, refused.out).toBe(1);
    expect(existsSync(files)).toBe(false); // nothing was copied, so there is nothing to take back
  } finally {
    await other.close();
  }
});

it('leaves them out where ATTACHMENT_STORE is off, and a restore says that they are gone', async () => {
  const environment = { ...source.environment, ATTACHMENT_STORE: 'off' };
  expect((await conclaveJson(environment, ['backup', backup])).attachments).toBeNull();
  expect(existsSync(`${backup}.files`)).toBe(false);
  expect((await run(['restore', backup], target)).out).toContain('are gone');
});

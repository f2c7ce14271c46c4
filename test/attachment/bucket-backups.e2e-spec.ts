import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Files } from '../support/attachments.js';
import { Client } from '../support/client.js';
import { conclave, conclaveJson, type Outcome } from '../support/command.js';
import { S3Server } from '../support/s3-server.js';
import { TestApp, type TestUser } from '../support/test-app.js';
import { TestDatabase } from '../support/test-database.js';

const SECRET = {
  MASTER_KEYS: `${randomBytes(32).toString('base64url')}=`,
  JWT_SECRET: randomBytes(48).toString('base64url'),
};
const BYTES = randomBytes(5 * 1024 ** 2);

let folder: string;
let backup: string;
let s3: S3Server;
let app: TestApp;
let source: TestDatabase;
let target: TestDatabase;
let user: TestUser;
let id: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'conclave-files-'));
  backup = join(folder, 'backup');
  s3 = await S3Server.start();
  [source, target] = [await TestDatabase.create(), await TestDatabase.create()];
  app = await TestApp.start({ ...SECRET, ...s3.environment() }, source);
  const given = await app.givenMember();
  ({ user } = given);
  ({ id } = await new Files(app).send(user, given.chatId, BYTES));
  s3.pageSize = 1;
});
afterEach(async () => {
  await app.close();
  await Promise.all([source.drop(), target.drop(), s3.stop()]);
  rmSync(folder, { recursive: true });
});

const run = (args: string[], environment: NodeJS.ProcessEnv): Promise<Outcome> =>
  conclave(environment, args);
const from = (): NodeJS.ProcessEnv => ({ ...source.environment, ...s3.environment() });
const into = (prefix: string): NodeJS.ProcessEnv => ({
  ...target.environment,
  ...s3.environment(prefix),
});

async function expectRestored(environment: NodeJS.ProcessEnv): Promise<void> {
  await app.close();
  app = await TestApp.start({ ...environment, ...SECRET }, target);
  const again = { ...user, client: new Client(app.url, user.accessToken) };
  expect((await new Files(app).bytes(again, id)).equals(BYTES)).toBe(true);
}

it('a backup has the files of a bucket, and a restore puts them into another one', async () => {
  const sealed = [...s3.objects.values()].reduce((sum, { length }) => sum + length, 0);
  const { attachments } = await conclaveJson(from(), ['backup', backup]);
  expect(attachments).toEqual({ files: 2, bytes: sealed });
  const restored = await run(['restore', backup, '--keep-sessions'], into('other'));
  expect(restored.out, restored.errors).toContain('Restored 2 sealed parts of files');
  expect([...s3.objects.keys()].filter((key) => key.startsWith(`other/${id}/`))).toHaveLength(2);
  await expectRestored(into('other'));
});

it('a restore puts them into a folder too', async () => {
  await conclaveJson(from(), ['backup', backup]);
  const restored = await run(['restore', backup, '--keep-sessions'], target.environment);
  expect(restored.out, restored.errors).toContain('Restored 2 sealed parts of files');
  await expectRestored(target.environment);
});

it('neither writes over objects, nor leaves some where it fails', async () => {
  await conclaveJson(from(), ['backup', backup]);
  const refused = await run(['restore', backup], into('chat/files'));
  expect([refused.code, refused.errors]).toEqual([1, expect.stringContaining('not written over')]);
  expect(s3.namesOf(id)).toHaveLength(2);
  s3.break('PUT', 'page');
  const failed = await run(['restore', backup], into('other'));
  expect([failed.code, failed.errors]).toEqual([
    1,
    expect.stringContaining('The bucket of ATTACHMENT_STORE: S3 answers PUT with 404'),
  ]);
  expect([...s3.objects.keys()].filter((key) => key.startsWith('other/'))).toEqual([]);
});

it('a backup is none where S3 is away or gives other bytes, and says so', async () => {
  s3.break('GET', 'less');
  const less = await run(['backup', backup], from());
  expect([less.code, less.errors]).toEqual([1, expect.stringContaining('another range')]);
  await s3.leave();
  const away = await run(['backup', backup], from());
  expect([away.code, away.errors]).toEqual([1, expect.stringContaining('ECONNREFUSED')]);
  for (const { errors } of [less, away]) expect(errors).not.toContain(s3.keys.secretAccessKey);
  expect(existsSync(backup)).toBe(false);
  expect(existsSync(`${backup}.files`) ? readdirSync(`${backup}.files`) : []).toEqual([]);
});

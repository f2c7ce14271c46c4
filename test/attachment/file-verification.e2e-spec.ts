import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { KeyVerification } from '../../src/encryption/key-verification.js';
import { Files } from '../support/attachments.js';
import { TestApp, type TestUser } from '../support/test-app.js';

let app: TestApp;
let user: TestUser;
let chatId: string;
let messageId: string;
let id: string;

beforeAll(async () => {
  app = await TestApp.start();
  ({ user, chatId } = await app.givenMember());
  ({ id, messageId } = await new Files(app).send(user, chatId, randomBytes(4_500_000)));
  await new Files(app).begin(user, chatId, 10); // nothing of it is there yet
});
afterAll(() => app.stop());

async function verified(): Promise<object | undefined> {
  const { parts } = await app.nest.get(KeyVerification).verify({ messages: true });
  return parts.find(({ part }) => part === 'files');
}

it('opens every byte of the files that are whole, and tells which does not open', async () => {
  expect(await verified()).toMatchObject({ opened: 1, failed: 0 });
  const folder = join(app.database.dataDir, 'attachments', id.slice(-2), id);
  const second = join(
    folder,
    readdirSync(folder).find((name) => name.startsWith('2-'))!,
  );
  const bytes = readFileSync(second);
  bytes[bytes.length - 1] ^= 1;
  writeFileSync(second, bytes);
  expect(await verified()).toMatchObject({ opened: 0, failed: 1, failures: [id] });
});

it('passes over what has ended', async () => {
  expect((await user.client.request('DELETE', `/message/${messageId}`)).status).toBe(204);
  expect(await verified()).toMatchObject({ opened: 0, failed: 0 });
});

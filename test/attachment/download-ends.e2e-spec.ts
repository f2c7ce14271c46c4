import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { BLOB_STORE, type BlobStore } from '../../src/attachment/blob-store.js';
import { Files } from '../support/attachments.js';
import { TestApp } from '../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(() => app.stop());

it('a download whose client goes before the first byte leaves nothing open', async () => {
  const files = new Files(app);
  const { user, chatId } = await app.givenMember();
  const bytes = randomBytes(300_000);
  const id = await files.begin(user, chatId, bytes.length);
  await files.put(user, id, 1, bytes);
  const store = app.nest.get<BlobStore>(BLOB_STORE);
  const read = store.read.bind(store);
  const gone = new AbortController();
  let [opened, closed] = [0, 0];
  let letGo = (): void => undefined;
  const isGone = new Promise<void>((resolve) => (letGo = resolve));
  vi.spyOn(store, 'read').mockImplementation(async function* (...place) {
    opened++;
    try {
      await isGone;
      yield* read(...place);
    } finally {
      closed++;
    }
  });
  app.nest.getHttpServer().once('request', (request) => request.once('close', letGo));
  const headers = { authorization: `Bearer ${user.accessToken}` };
  const url = `${app.url}/attachment/${id}/content`;
  const asked = fetch(url, { headers, signal: gone.signal }).catch(() => undefined);
  await expect.poll(() => opened).toBe(1);
  gone.abort();
  await asked;
  await expect.poll(() => closed).toBe(1);
  vi.restoreAllMocks();
});

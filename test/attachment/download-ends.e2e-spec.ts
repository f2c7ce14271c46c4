import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { BLOB_STORE, type BlobStore } from '../../src/attachment/blob-store.js';
import { Downloads } from '../../src/attachment/downloads.js';
import { DOWNLOADS } from '../../src/attachment/transfers.js';
import { Files, PART_BYTES } from '../support/attachments.js';
import { RawConnection } from '../support/raw-connection.js';
import { TestApp } from '../support/test-app.js';
import { until } from '../support/until.js';

/** Longer than a reader may be behind. */
const STALLED_MS = 12_500;

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
});
afterEach(() => vi.restoreAllMocks());
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

it('a download whose client stands still keeps nobody out', async () => {
  const files = new Files(app);
  const { user, chatId } = await app.givenMember();
  const { id } = await files.send(user, chatId, randomBytes(6 * PART_BYTES));
  const other = await app.givenUser();
  const { transfers } = app.nest.get(Downloads);
  const { all } = DOWNLOADS;
  DOWNLOADS.all = 1;
  const still = await RawConnection.openUnread(app.url);
  still.send(`GET /attachment/${id}/content`, { authorization: `Bearer ${user.accessToken}` });
  await until(() => transfers.underWay === 1);
  const answer = await files.get(other, id, { range: 'bytes=0-99' });
  expect(answer.status).toBe(206);
  still.socket.destroy();
  DOWNLOADS.all = all;
});

it('a download that waits for the store is none of one who stands still', async () => {
  const files = new Files(app);
  const { user, chatId } = await app.givenMember();
  const bytes = randomBytes(3 * PART_BYTES);
  const { id } = await files.send(user, chatId, bytes);
  const store = app.nest.get<BlobStore>(BLOB_STORE);
  const read = store.read.bind(store);
  let reads = 0;
  vi.spyOn(store, 'read').mockImplementation(async function* (...place) {
    if (++reads === 2) await sleep(STALLED_MS);
    yield* read(...place);
  });
  const { transfers } = app.nest.get(Downloads);
  const { all } = DOWNLOADS;
  DOWNLOADS.all = 1;
  const whole = files.bytes(user, id);
  await until(() => transfers.underWay === 1);
  const waiting = transfers.take('another');
  expect((await whole).equals(bytes)).toBe(true);
  (await waiting)();
  DOWNLOADS.all = all;
});

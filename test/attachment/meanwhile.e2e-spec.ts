import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { BLOB_STORE, type BlobStore } from '../../src/attachment/blob-store.js';
import { FileFactsCipher } from '../../src/attachment/file-facts.js';
import { PartUploads } from '../../src/attachment/part-uploads.js';
import { Files, PIXEL } from '../support/attachments.js';
import { PASSWORD, TestApp, type TestUser } from '../support/test-app.js';
import { until } from '../support/until.js';

let app: TestApp;
let files: Files;
let owner: TestUser;
let member: TestUser;
let chatId: string;
beforeAll(async () => {
  app = await TestApp.start({ LOG_LEVEL: 'info' });
  files = new Files(app);
});
afterAll(() => app.stop());
beforeEach(async () => {
  ({ user: owner, chatId } = await app.givenMember());
  member = await app.givenUser();
  await member.client.request('PUT', `/chat/${chatId}/members/me`);
});
afterEach(() => {
  vi.restoreAllMocks();
  expect(app.log.filter(({ event }) => event === 'request.failed')).toEqual([]);
});

const deleteRoom = (): Promise<unknown> => owner.client.request('DELETE', `/chat/${chatId}`);

describe('a room that is deleted', () => {
  it('while the last part of a file is checked, is not found', async () => {
    const id = await files.begin(member, chatId, PIXEL.length);
    beforeCheck(deleteRoom);
    expect((await files.put(member, id, 1, PIXEL)).status).toBe(404);
  });

  it('while a part waits for its place, is not found', async () => {
    const id = await files.begin(member, chatId, 10);
    const { transfers } = app.nest.get(PartUploads);
    const places = await Promise.all([1, 2, 3, 4].map(() => transfers.take(member.id)));
    const put = files.put(member, id, 1, Buffer.alloc(10));
    await until(() => transfers.waiting === 1);
    await deleteRoom();
    for (const giveBack of places) giveBack();
    expect((await put).status).toBe(404);
  });

  it.each(['', '/content'])('between two looks at a file, is not found: GET%s', async (what) => {
    const { id } = await files.send(member, chatId, PIXEL);
    const facts = app.nest.get(FileFactsCipher);
    const open = facts.open.bind(facts);
    vi.spyOn(facts, 'open').mockImplementation(async (file) => {
      await deleteRoom();
      return open(file);
    });
    expect((await member.client.get(`/attachment/${id}${what}`)).status).toBe(404);
  });
});

it('an account that is erased while the last part is checked, is no fault of the server', async () => {
  const id = await files.begin(member, chatId, PIXEL.length);
  beforeCheck(() => member.client.request('DELETE', '/userauth/me', { password: PASSWORD }));
  expect((await files.put(member, id, 1, PIXEL)).status).toBe(404);
});

/** Once all parts are there. */
function beforeCheck(work: () => Promise<unknown>): void {
  const store = app.nest.get<BlobStore>(BLOB_STORE);
  const list = store.list.bind(store);
  vi.spyOn(store, 'list').mockImplementation(async (id) => {
    await work();
    return list(id);
  });
}

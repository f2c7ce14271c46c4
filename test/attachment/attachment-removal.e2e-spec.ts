import { randomBytes } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { AttachmentRemoval } from '../../src/attachment/attachment-removal.js';
import { StoreAwayError } from '../../src/attachment/attachment.errors.js';
import { BLOB_STORE, type BlobStore } from '../../src/attachment/blob-store.js';
import { Files } from '../support/attachments.js';
import { TestApp } from '../support/test-app.js';

describe('a file that cannot be removed', () => {
  it('keeps no others from going, and is tried again', async () => {
    const app = await TestApp.start();
    const files = new Files(app);
    const { user, chatId } = await app.givenMember();
    const sent: { id: string; messageId: string }[] = [];
    for (let n = 0; n < 5; n++) sent.push(await files.send(user, chatId, randomBytes(10)));
    const [{ id: first }, { id: bad }] = sent;
    const store = app.nest.get<BlobStore>(BLOB_STORE);
    const removeAll = store.removeAll.bind(store);
    vi.spyOn(store, 'removeAll').mockImplementation((id) =>
      id === bad ? Promise.reject(new StoreAwayError()) : removeAll(id),
    );
    for (const { messageId } of sent) await user.client.request('DELETE', `/message/${messageId}`);
    const left = async (): Promise<string[]> =>
      (await app.sql<{ id: string }>('SELECT id FROM attachment')).map(({ id }) => id);
    const removal = app.nest.get(AttachmentRemoval);
    await app.sql('UPDATE attachment SET remove_at = 1');
    await removal.settle().catch(() => undefined);
    expect(await left()).toEqual([bad]);
    expect(await store.list(first)).toEqual([]);
    vi.restoreAllMocks();
    await app.sql('UPDATE attachment SET remove_at = 1');
    await removal.settle();
    expect([await left(), await store.list(bad)]).toEqual([[], []]);
    await app.stop();
  });
});

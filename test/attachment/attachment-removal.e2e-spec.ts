import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { AttachmentRemoval } from '../../src/attachment/attachment-removal.js';
import { StoreAwayError } from '../../src/attachment/attachment.errors.js';
import { BLOB_STORE, type BlobStore } from '../../src/attachment/blob-store.js';
import { Files } from '../support/attachments.js';
import { TestApp } from '../support/test-app.js';
import { lacking, TwoApps } from '../support/two-apps.js';

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

  it('keeps no others from going, with others of its kind', async () => {
    const app = await TestApp.start();
    const files = new Files(app);
    const { user, chatId } = await app.givenMember();
    const sent: { id: string; messageId: string }[] = [];
    for (let n = 0; n < 6; n++) sent.push(await files.send(user, chatId, randomBytes(10)));
    const bad = sent.slice(0, 3).map(({ id }) => id);
    const store = app.nest.get<BlobStore>(BLOB_STORE);
    const removeAll = store.removeAll.bind(store);
    let isAway = true; // until all of them are due at once
    vi.spyOn(store, 'removeAll').mockImplementation((id) =>
      isAway || bad.includes(id) ? Promise.reject(new StoreAwayError()) : removeAll(id),
    );
    for (const { messageId } of sent) await user.client.request('DELETE', `/message/${messageId}`);
    const removal = app.nest.get(AttachmentRemoval);
    await removal.settle().catch(() => undefined);
    isAway = false;
    const left = async (): Promise<string[]> =>
      (await app.sql<{ id: string }>('SELECT id FROM attachment')).map(({ id }) => id).sort();
    await expect
      .poll(async () => {
        await app.sql('UPDATE attachment SET remove_at = 1');
        await removal.settle().catch(() => undefined);
        return left();
      })
      .toEqual(bad.sort());
    vi.restoreAllMocks();
    await app.stop();
  });
});

describe.skipIf(lacking)(`a process that takes no files${lacking && ` (${lacking})`}`, () => {
  it('does not keep another one from removing them', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'conclave-shared-'));
    // It is the first, and would own the work.
    const apps = await TwoApps.start({ ATTACHMENT_STORE: 'off' }, { ATTACHMENT_STORE: folder });
    const { user, chatId } = await apps.there.givenMember();
    const { id, messageId } = await new Files(apps.there).send(user, chatId, randomBytes(10));
    await user.client.request('DELETE', `/message/${messageId}`);
    await apps.there.nest.get(AttachmentRemoval).settle();
    await expect
      .poll(() => apps.there.sql('SELECT id FROM attachment WHERE id = ?', [id]))
      .toEqual([]);
    await apps.stop();
    rmSync(folder, { recursive: true });
  });
});

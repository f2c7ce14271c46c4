import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AttachmentRemoval } from '../../src/attachment/attachment-removal.js';
import { Files, PART_BYTES } from '../support/attachments.js';
import { S3Server } from '../support/s3-server.js';
import type { TestUser } from '../support/test-app.js';
import { lacking, TwoApps } from '../support/two-apps.js';

const ROUNDS = 6;

describe.skipIf(lacking).each(['a shared folder', 'a bucket'])(
  `two processes on %s${lacking && ` (${lacking})`}`,
  (store) => {
    let folder: string;
    let s3: S3Server;
    let apps: TwoApps;
    let files: { here: Files; there: Files };
    let user: TestUser;
    let chatId: string;
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'conclave-shared-'));
      s3 = await S3Server.start();
      apps = await TwoApps.start(
        store === 'a bucket' ? s3.environment() : { ATTACHMENT_STORE: folder },
      );
      files = { here: new Files(apps.here), there: new Files(apps.there) };
    });
    afterAll(async () => {
      await apps.stop();
      await s3.stop();
      rmSync(folder, { recursive: true });
    });
    beforeEach(async () => {
      ({ user, chatId } = await apps.here.givenMember());
    });

    const objectsOf = (id: string): string[] =>
      store === 'a bucket' ? s3.namesOf(id) : readdirSync(join(folder, id.slice(-2), id)).sort();
    const countedOf = async (id: string): Promise<string[]> => {
      const rows = await apps.here.sql<{ number: number; object: string }>(
        'SELECT number, object FROM attachment_part WHERE attachment_id = ? ORDER BY number',
        [id],
      );
      return rows.map(({ number, object }) => `${number}-${object}`);
    };
    const part = (bytes: Buffer, n: number): Buffer =>
      bytes.subarray((n - 1) * PART_BYTES, n * PART_BYTES);
    const stateOf = async (id: string): Promise<string> =>
      (await user.client.get(`/attachment/${id}`)).body.state;

    it('complete a file once whose last parts come at once, one to each', async () => {
      for (let round = 0; round < ROUNDS; round++) {
        const bytes = randomBytes(PART_BYTES + 1000);
        const id = await files.here.begin(user, chatId, bytes.length);
        const both = await Promise.all([
          files.here.put(user, id, 1, part(bytes, 1)),
          files.there.put(user, id, 2, part(bytes, 2)),
        ]);
        expect(both.map(({ status }) => status)).toEqual([204, 204]);
        await expect.poll(() => stateOf(id)).toBe('complete');
        expect((await files.there.bytes(user, id)).equals(bytes)).toBe(true);
        expect(objectsOf(id)).toEqual(await countedOf(id));
      }
    });

    it('keep what was answered, though a part is replaced while another one finishes', async () => {
      const outcomes = new Set<number>();
      for (let round = 0; round < ROUNDS; round++) {
        const [bytes, other] = [randomBytes(PART_BYTES + 10), randomBytes(PART_BYTES + 10)];
        const id = await files.here.begin(user, chatId, bytes.length);
        expect((await files.here.put(user, id, 1, part(bytes, 1))).status).toBe(204);
        const [replaced, finished] = await Promise.all([
          files.there.put(user, id, 1, part(other, 1)),
          // Sooner or later than the other one.
          new Promise<void>((resolve) => setTimeout(resolve, round * 15)).then(() =>
            files.here.put(user, id, 2, part(bytes, 2)),
          ),
        ]);
        outcomes.add(replaced.status);
        expect(finished.status).toBe(204);
        expect([204, 409]).toContain(replaced.status);
        await expect.poll(() => stateOf(id)).toBe('complete');
        const first = part(replaced.status === 204 ? other : bytes, 1);
        const got = await files.there.bytes(user, id);
        expect(got.equals(Buffer.concat([first, part(bytes, 2)])), `round ${round}`).toBe(true);
        expect(objectsOf(id)).toEqual(await countedOf(id));
      }
      expect(outcomes.size).toBeGreaterThan(0);
    });

    it('read what the other one has taken, and remove what ended there', async () => {
      const bytes = randomBytes(1000);
      const { id, messageId } = await files.here.send(user, chatId, bytes);
      expect((await files.there.bytes(user, id)).equals(bytes)).toBe(true);
      const deleted = await apps.elsewhere(user).request('DELETE', `/message/${messageId}`);
      expect(deleted.status).toBe(204);
      expect((await files.here.get(user, id)).status).toBe(404);
      for (const { nest } of [apps.here, apps.there]) await nest.get(AttachmentRemoval).settle();
      await expect
        .poll(() => apps.here.sql('SELECT id FROM attachment WHERE id = ?', [id]))
        .toEqual([]);
      const left = store === 'a bucket' ? s3.namesOf(id) : readdirSync(join(folder, id.slice(-2)));
      expect(left).not.toContain(id);
    });

    it('show the same to all, where a store is named', async () => {
      for (const app of [apps.here, apps.there]) {
        const { body } = await app.anonymous.get('/server');
        expect(body.attachments).toMatchObject({ max_bytes: 104_857_600 });
      }
    });
  },
);

import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Tmpfs } from '../faults/support/tmpfs.js';
import { Files, PART_BYTES } from '../support/attachments.js';
import { expectProblem } from '../support/expect-problem.js';
import { TestApp } from '../support/test-app.js';

const MIB = 2 ** 20;
const SIZE_MIB = 32;
/** The disk keeps a tenth free: enough to begin a second part, and too little for all of it. */
const ROOM = PART_BYTES + 3.7 * MIB;
const refusal = Tmpfs.refusal();

let disk: Tmpfs;
let app: TestApp;

describe.skipIf(refusal)(`a full disk${refusal ? ` (${refusal})` : ''}`, () => {
  beforeEach(async () => {
    disk = Tmpfs.mount(SIZE_MIB);
    app = await TestApp.start({ ATTACHMENT_STORE: join(disk.path, 'files') });
  });
  afterEach(async () => {
    await app.stop();
    disk.remove();
  });

  const fill = (left: number, name = 'ballast'): void =>
    writeFileSync(join(disk.path, name), Buffer.alloc(disk.free - left));
  const stored = (): string[] =>
    readdirSync(join(disk.path, 'files'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => name);

  it('in the middle of a part is 503, leaves nothing of it, and goes on once there is room', async () => {
    const { user, chatId } = await app.givenMember();
    const files = new Files(app);
    const bytes = randomBytes(3 * PART_BYTES);
    const put = (id: string, part: number): Promise<Response> =>
      files.put(user, id, part, bytes.subarray((part - 1) * PART_BYTES, part * PART_BYTES));
    const id = await files.begin(user, chatId, bytes.length);
    mkdirSync(join(disk.path, 'files'), { recursive: true });
    fill(ROOM);
    expect((await put(id, 1)).status).toBe(204);
    for (let n = 0; n < 3; n++) {
      const full = await put(id, 2);
      expect([full.status, full.headers.get('retry-after')]).toEqual([503, '60']);
      expect(await full.text()).toContain('no space');
    }
    expect(stored()).toEqual([expect.stringMatching(/^1-[\da-f]{8}$/)]);
    const { status } = await user.client.post('/message/', { chatid: chatId, message: 'hello' });
    expect(status).toBe(201);
    fill(MIB, 'more'); // less than a tenth: nothing is begun
    const begun = await user.client.post('/attachment/', {
      chat_id: chatId,
      file_name: 'a',
      size: 1,
    });
    expectProblem(begun, 503, 'unavailable');
    await expect
      .poll(async () => (await app.anonymous.get('/health/ready')).body.attachments)
      .toBe('degraded');
    for (const name of ['ballast', 'more']) rmSync(join(disk.path, name));
    expect([(await put(id, 2)).status, (await put(id, 3)).status]).toEqual([204, 204]);
    expect((await files.bytes(user, id)).equals(bytes)).toBe(true);
    expect(stored()).toHaveLength(3);
  });
});

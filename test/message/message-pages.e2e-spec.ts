import type { Logger } from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Database } from '../../src/database/database.js';
import { MessageCipher } from '../../src/encryption/message-cipher.js';
import { EventSource } from '../support/event-source.js';
import { TestApp, type TestUser } from '../support/test-app.js';

/** The longest message there is: 64 KiB of text, 85 KiB sealed. Twelve of them pass 1 MiB. */
const LONGEST = '😀'.repeat(16_384);
const FIT = 12;

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start({ BODY_CACHE_BYTES: '0' });
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => app.stop());

interface Room {
  user: TestUser;
  chatId: string;
}

async function givenRoom(count: number, text: (seq: number) => string): Promise<Room> {
  const room = await app.givenMember();
  for (let seq = 1; seq <= count; seq++) {
    const body = { chatid: room.chatId, message: text(seq) };
    expect((await room.user.client.post('/message/', body)).status).toBe(201);
  }
  return room;
}

interface Shown {
  seqs: number[];
  has_more: boolean;
  change: number | undefined;
}

async function page({ user, chatId }: Room, query = ''): Promise<Shown> {
  const { status, body } = await user.client.get(`/message/?chat_id=${chatId}${query}`);
  expect(status).toBe(200);
  const seqs = body.data.map(({ seq }: { seq: number }) => seq);
  return { seqs, has_more: body.has_more, change: body.change };
}

/** The texts of the statements that read messages. */
function reads(): string[] {
  const { logger } = app.nest.get(Database).reader;
  const seen: string[] = [];
  vi.spyOn(logger as Required<Logger>, 'logQuery').mockImplementation((sql) => {
    if (/^SELECT id, chat_id, seq.* FROM message /s.test(sql)) seen.push(sql);
  });
  return seen;
}

const from = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, n) => first + n);

describe('a page of the longest messages', () => {
  let room: Room;
  beforeAll(async () => {
    room = await givenRoom(2 * FIT + 1, () => LONGEST);
  });

  it('ends with the one whose text passes 1 MiB: backwards', async () => {
    const change = undefined;
    expect(await page(room)).toEqual({ seqs: from(14, 25), has_more: true, change });
    expect(await page(room, '&before=14')).toEqual({ seqs: from(2, 13), has_more: true, change });
    expect(await page(room, '&before=2')).toEqual({ seqs: [1], has_more: false, change });
    expect(await page(room, '&before=13')).toEqual({ seqs: from(1, 12), has_more: false, change });
  });

  it('ends with the one whose text passes 1 MiB: forwards', async () => {
    const change = undefined;
    expect(await page(room, '&after=0')).toEqual({ seqs: from(1, 12), has_more: true, change });
    expect(await page(room, '&after=12')).toEqual({ seqs: from(13, 24), has_more: true, change });
    expect(await page(room, '&after=24')).toEqual({ seqs: [25], has_more: false, change });
    expect(await page(room, '&after=13')).toEqual({
      seqs: from(14, 25),
      has_more: false,
      change,
    });
  });

  it('ends with the one whose text passes 1 MiB: by change, and says what to ask with next', async () => {
    const [first, second, third] = [
      await page(room, '&changed_after=0'),
      await page(room, '&changed_after=13'),
      await page(room, '&changed_after=25'),
    ];
    expect(first).toEqual({ seqs: from(1, 12), has_more: true, change: 13 });
    expect(second).toEqual({ seqs: from(13, 24), has_more: true, change: 25 });
    expect(third).toEqual({ seqs: [25], has_more: false, change: 26 });
  });

  it('is not ended by a limit that it does not reach, and by a lower one it is', async () => {
    expect((await page(room, '&limit=200')).seqs).toEqual(from(14, 25));
    expect((await page(room, '&limit=11')).seqs).toEqual(from(15, 25));
    expect(await page(room, '&after=0&limit=11')).toMatchObject({
      seqs: from(1, 11),
      has_more: true,
    });
  });

  it('opens what it shows, and nothing else', async () => {
    const open = vi.spyOn(app.nest.get(MessageCipher), 'open');
    for (const query of ['', '&after=0', '&changed_after=0']) {
      open.mockClear();
      await page(room, `${query}&limit=200`);
      expect(open).toHaveBeenCalledTimes(FIT);
    }
  });

  it('shows them whole', async () => {
    const { body } = await room.user.client.get(`/message/?chat_id=${room.chatId}`);
    expect(body.data.every(({ message }: { message: string }) => message === LONGEST)).toBe(true);
  });

  it('is what a stream of events is replayed from, without a loss', async () => {
    const { user, chatId } = room;
    const stream = await EventSource.open(app.url, user.accessToken, { chatId, lastEventId: 0 });
    await stream.until(() => stream.lastEventId === '26');
    const seqs = stream.events.flatMap(({ data }) => data.message?.seq ?? []);
    expect(seqs).toEqual(from(1, 25));
    stream.close();
  });

  it('counts nothing for a tombstone', async () => {
    const own = await givenRoom(FIT + 1, () => LONGEST);
    expect((await page(own)).seqs).toEqual(from(2, 13));
    const { body } = await own.user.client.get(`/message/?chat_id=${own.chatId}`);
    await own.user.client.request('DELETE', `/message/${body.data[5].id}`);
    expect(await page(own)).toMatchObject({ seqs: from(1, 13), has_more: false });
  });
});

describe('a page of short messages', () => {
  let room: Room;
  beforeAll(async () => {
    room = await givenRoom(120, (seq) => `m${seq}`);
  });

  it.each(['', '&before=100', '&after=3', '&changed_after=5'])(
    'of fifty is read by one statement: %s',
    async (query) => {
      const seen = reads();
      expect((await page(room, query)).seqs).toHaveLength(50);
      expect(seen).toHaveLength(1);
    },
  );

  it.each([49, 50, 51, 101, 102, 103, 119, 120, 121, 200])(
    'has neither gap nor repetition where it is read in steps: %s',
    async (limit) => {
      const newest = await page(room, `&limit=${limit}`);
      expect(newest.seqs).toEqual(from(Math.max(1, 121 - limit), 120));
      const first = await page(room, `&after=0&limit=${limit}`);
      expect(first.seqs).toEqual(from(1, Math.min(120, limit)));
      const changed = await page(room, `&changed_after=0&limit=${limit}`);
      expect(changed.seqs).toEqual(first.seqs);
      expect(changed.change).toBe(first.seqs.length + 1);
      for (const { has_more } of [newest, first, changed]) expect(has_more).toBe(limit < 120);
    },
  );
});

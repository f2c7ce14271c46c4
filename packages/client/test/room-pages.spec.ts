import { beforeEach, describe, expect, it, vi } from 'vitest';
import { RoomPages } from '../src/room-pages.js';
import { RoomState } from '../src/room-state.js';
import type { Message } from '../src/types.js';
import { Answered } from './support/calls.js';
import { chat, created, ME, message, messages } from './support/given.js';
import { settled } from './support/manual-timers.js';

interface Query {
  before?: number;
  after?: number;
  limit: number;
}
const page = (data: Message[], has_more = false): { data: Message[]; has_more: boolean } => ({
  data,
  has_more,
});

let state: RoomState | undefined;
let absences: number;
let ask: Answered<Query, { data: Message[]; has_more: boolean }>;
let pages: RoomPages;
const refreshPeople = vi.fn();
const showNewer = vi.fn();
const watchPeople = vi.fn(() => showNewer);
const seqs = (): number[] | undefined => state?.window?.messages.map(({ seq }) => seq);

beforeEach(() => {
  state = new RoomState(chat({ last_seq: 100, last_change: 100, read_seq: 100 }), ME);
  absences = 0;
  ask = new Answered();
  refreshPeople.mockReset();
  showNewer.mockReset();
  pages = new RoomPages({
    state: () => state,
    page: ask.call,
    message: (id) => Promise.resolve(message(Number(id.slice(1)))),
    absences: () => absences,
    refreshPeople,
    watchPeople,
    onChange: () => undefined,
  });
});

async function givenOpened(from: number, to: number, hasOlder = true): Promise<void> {
  const opened = pages.open('newest');
  await settled();
  await ask.answer(page(messages(from, to), hasOlder));
  await opened;
}

describe('a room is opened', () => {
  it('at its newest messages', async () => {
    await givenOpened(51, 100);
    expect(ask.asked).toEqual([{ limit: 50 }]);
    expect(state?.window).toMatchObject({ firstSeq: 51, hasOlder: true, hasNewer: false });
  });

  it.each([
    ['a place', { seq: 40 }],
    ['a message', { messageId: 'm40' }],
  ])('around %s', async (_, place) => {
    const opened = pages.open(place);
    await settled();
    await ask.answer(page(messages(16, 40), true));
    await ask.answer(page(messages(41, 65), true));
    await opened;
    expect(ask.asked).toEqual([
      { before: 41, limit: 25 },
      { after: 40, limit: 25 },
    ]);
    expect(state?.window).toMatchObject({ firstSeq: 16, lastSeq: 65, hasNewer: true });
  });

  it('around the first unread message, where that is far back', async () => {
    state = new RoomState(chat({ last_seq: 100, last_change: 100, read_seq: 70 }), ME);
    void pages.open('unread');
    await settled();
    expect(ask.asked).toEqual([{ before: 71, limit: 25 }]);
  });

  it('at its newest messages, where the first unread one is among them', async () => {
    state = new RoomState(chat({ last_seq: 100, last_change: 100, read_seq: 80 }), ME);
    void pages.open('unread');
    await settled();
    expect(ask.asked).toEqual([{ limit: 50 }]);
  });

  it('not before it is known', async () => {
    state = undefined;
    await pages.open('newest');
    expect(ask.asked).toEqual([]);
  });
});

describe('what happens while a page is on its way', () => {
  it('is done to it once more', async () => {
    void pages.open('newest');
    await settled();
    state?.receive(created(101));
    state?.put(message(100, { change: 100, client_id: 'c' }));
    await ask.answer(page(messages(51, 100), true));
    expect(seqs()?.at(-1)).toBe(101);
    expect(state?.window?.at(100)?.client_id).toBe('c');
  });

  it('leaves the page out where the room begins anew', async () => {
    void pages.open('newest');
    await settled();
    state?.catchUp({ change: 7, chat: chat({ last_seq: 3 }), messages: [], isReset: true });
    await ask.answer(page(messages(51, 100)));
    expect(state?.window).toBeNull();
  });

  it('leaves the page out where the user is in the room no more', async () => {
    const left = state;
    void pages.open('newest');
    await settled();
    state = new RoomState(chat(), ME);
    await ask.answer(page(messages(51, 100)));
    expect([left?.window, state.window]).toEqual([null, null]);
  });

  it('may be an absence, after which names are asked for', async () => {
    await givenOpened(51, 100);
    expect(refreshPeople).not.toHaveBeenCalled();
    void pages.older();
    await settled();
    absences++;
    await ask.answer(page(messages(1, 50)));
    expect(refreshPeople).toHaveBeenCalledOnce();
  });

  it('shows those once more who got another name meanwhile', async () => {
    void pages.open('newest');
    await settled();
    expect(watchPeople).toHaveBeenCalled();
    showNewer.mockImplementation(() => expect(seqs()).toHaveLength(50));
    await ask.answer(page(messages(51, 100)));
    expect(showNewer).toHaveBeenCalledOnce();
  });

  it('lets go of nothing before which the page belongs', async () => {
    await givenOpened(1, 1000);
    void pages.older();
    await settled();
    expect(ask.asked.at(-1)).toMatchObject({ before: 1 });
    state?.receive(created(101, { seq: 1001 }));
    expect(state?.window).toMatchObject({ firstSeq: 1, lastSeq: 1000, hasNewer: true });
  });
});

describe('more of a room', () => {
  it('is asked for once at a time, in order', async () => {
    const opened = pages.open('newest');
    const both = [pages.older(), pages.older()];
    expect(both[0]).toBe(both[1]);
    await settled();
    expect(ask.asked).toEqual([{ limit: 50 }]);
    await ask.answer(page(messages(51, 100), true));
    await opened;
    expect(ask.asked.slice(1)).toEqual([{ before: 51, limit: 50 }]);
    expect(pages.isLoading).toBe(true);
    await ask.answer(page(messages(1, 50)));
    expect(seqs()).toHaveLength(100);
    expect(pages.isLoading).toBe(false);
    await pages.older();
    await pages.newer();
    expect(ask.asked).toHaveLength(2);
  });

  it('is asked for again after a failure', async () => {
    await givenOpened(51, 100);
    const failed = pages.older();
    await settled();
    await ask.fail(new Error('no'));
    await expect(failed).rejects.toThrow('no');
    expect(pages.isLoading).toBe(false);
    const older = pages.older();
    await settled();
    await ask.answer(page(messages(1, 50)));
    await older;
    expect(seqs()).toHaveLength(100);
  });

  it('is taken after the last message', async () => {
    void pages.open({ seq: 40 });
    await settled();
    await ask.answer(page(messages(16, 40), true));
    await ask.answer(page(messages(41, 65), true));
    void pages.newer();
    await settled();
    expect(ask.asked.at(-1)).toEqual({ after: 65, limit: 50 });
    await ask.answer(page(messages(66, 100)));
    expect(state?.window).toMatchObject({ lastSeq: 100, hasNewer: false });
  });
});

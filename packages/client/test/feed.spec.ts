import { beforeEach, describe, expect, it, vi } from 'vitest';
import { type Catch, type Cursors, Feed } from '../src/feed.js';
import type { ServerEvent, SyncAnswer } from '../src/types.js';
import { Answered } from './support/calls.js';
import { chat, created, message } from './support/given.js';
import { ManualTimers } from './support/manual-timers.js';

const READY: ServerEvent = { type: 'ready', history: 'h' };
const answer = (given: Partial<SyncAnswer> = {}): SyncAnswer => ({
  history: 'h',
  rooms: {},
  reads: {},
  chats: [],
  gone: [],
  reset: [],
  messages: [],
  has_more: false,
  ...given,
});

let timers: ManualTimers;
let sync: Answered<Cursors, SyncAnswer>;
let feed: Feed;
let cursors: Cursors;
let log: string[];
let caught: Catch[];
let isMissing: boolean;
const open = new Set<string>();
const onCaughtUp = vi.fn();

beforeEach(() => {
  timers = new ManualTimers();
  sync = new Answered();
  cursors = { rooms: { room: 3 }, history: 'h' };
  [log, caught, isMissing] = [[], [], false];
  open.clear();
  onCaughtUp.mockReset();
  feed = new Feed({
    timers,
    ask: sync.call,
    cursors: () => cursors,
    isOpen: (id) => open.has(id),
    receive: (event) => {
      log.push('change' in event ? `${event.type} ${event.change}` : event.type);
      return isMissing;
    },
    take: (all) => {
      log.push('caught');
      caught.push(all);
    },
    onCaughtUp,
  });
  feed.start();
});

describe('a catch-up', () => {
  it('asks with what is here, and says when it is done', async () => {
    feed.catchUp();
    expect(sync.asked).toEqual([cursors]);
    expect(onCaughtUp).not.toHaveBeenCalled();
    await sync.answer(answer({ rooms: { room: 4 }, messages: [message(4)], history: 'new' }));
    expect(caught[0]).toMatchObject({ history: 'new', gone: [] });
    expect(caught[0].news.get('room')).toMatchObject({ change: 4, messages: [{ seq: 4 }] });
    expect(onCaughtUp).toHaveBeenCalledOnce();
  });

  it('holds what comes meanwhile until after its answer', async () => {
    feed.hear(created(4));
    feed.catchUp();
    feed.hear(created(5));
    expect(log).toEqual(['message.created 4']);
    await sync.answer(answer());
    expect(log).toEqual(['message.created 4', 'caught', 'message.created 5']);
    feed.hear(created(6));
    expect(log.at(-1)).toBe('message.created 6');
  });

  it('is made again where the connection is ready meanwhile, and done once', async () => {
    feed.catchUp();
    feed.hear(READY);
    feed.hear(created(5));
    expect(sync.asked).toHaveLength(1);
    await sync.answer(answer());
    expect(sync.asked).toHaveLength(2);
    expect(onCaughtUp).not.toHaveBeenCalled();
    feed.hear(created(6));
    await sync.answer(answer());
    expect(log).toEqual(['caught', 'message.created 5', 'caught', 'message.created 6']);
    expect(onCaughtUp).toHaveBeenCalledOnce();
    expect(sync.waiting).toBe(0);
  });

  it.each<ServerEvent>([READY, { type: 'reset', chat_id: 'room', change: 1, history: 'h' }])(
    'follows $type at once',
    (event) => {
      feed.hear(event);
      expect(sync.asked).toHaveLength(1);
    },
  );

  it('comes a second after an event that misses another one, once', async () => {
    isMissing = true;
    feed.hear(created(5));
    await timers.pass(500);
    feed.hear(created(6));
    await timers.pass(499);
    feed.hear(created(7));
    expect(sync.asked).toHaveLength(0);
    await timers.pass(1);
    expect(sync.asked).toHaveLength(1);
    isMissing = false;
    await sync.answer(answer());
    expect(timers.pending).toEqual([]);
    expect(sync.asked).toHaveLength(1);
  });

  it('comes again a second after one that something is still missing after', async () => {
    feed.catchUp();
    feed.hear(created(9));
    isMissing = true;
    await sync.answer(answer());
    expect(timers.pending).toEqual([1000]);
    await timers.pass(1000);
    expect(sync.asked).toHaveLength(2);
  });
});

describe('a catch-up that fails', () => {
  it('is made again after pauses that grow, to half a minute', async () => {
    feed.catchUp();
    for (const seconds of [1, 2, 4, 8, 16, 30, 30]) {
      await sync.fail(new Error('no'));
      const [ms] = timers.pending;
      expect(ms / 1000 / seconds).toBeGreaterThanOrEqual(0.9);
      expect(ms / 1000 / seconds).toBeLessThanOrEqual(1.1);
      await timers.pass(ms);
    }
    await sync.answer(answer());
    expect(onCaughtUp).toHaveBeenCalledOnce();
    feed.catchUp();
    await sync.fail(new Error('no'));
    expect(timers.pending[0], 'after one that went through').toBeLessThanOrEqual(1100);
  });

  it('does not keep what came meanwhile', async () => {
    feed.catchUp();
    feed.hear(created(4));
    await sync.fail(new Error('no'));
    expect(log).toEqual(['message.created 4']);
    expect(onCaughtUp).not.toHaveBeenCalled();
    feed.hear(created(5));
    expect(log).toEqual(['message.created 4', 'message.created 5']);
  });

  it('is made at once when the connection is ready', async () => {
    feed.catchUp();
    await sync.fail(new Error('no'));
    feed.hear(READY);
    expect(sync.asked).toHaveLength(2);
    expect(timers.pending).toEqual([]);
  });
});

describe('an absence that more than one answer tells of', () => {
  const more = answer({
    rooms: { room: 4, other: 7 },
    chats: [chat({ last_change: 9 }), chat({ id: 'other', last_change: 7 })],
    messages: [message(4), message(7, { chat_id: 'other' })],
    reads: { room: { read_seq: 1, unread_count: 3 } },
    has_more: true,
  });

  it('is taken in one piece', async () => {
    open.add('room');
    feed.catchUp();
    await sync.answer(more);
    expect(sync.asked[1]).toEqual({ rooms: { room: 4, other: 7 }, history: 'h' });
    expect(caught).toEqual([]);
    const reads = { room: { read_seq: 2, unread_count: 2 } };
    await sync.answer(answer({ rooms: { room: 9, other: 7 }, messages: [message(9)], reads }));
    expect(caught[0].news.get('room')).toMatchObject({
      change: 9,
      chat: { last_change: 9 },
      messages: [{ seq: 4 }, { seq: 9 }],
      unread: { read_seq: 2, unread_count: 2 },
      isReset: false,
    });
    expect(caught[0].news.get('other')).toMatchObject({
      messages: [{ seq: 7 }],
      unread: undefined,
    });
  });

  it('leaves out a room that is not open, which comes without its messages', async () => {
    feed.catchUp();
    await sync.answer(more);
    expect(sync.asked[1].rooms).toEqual({ other: 7 });
    await sync.answer(answer({ rooms: { room: 9, other: 7 }, chats: [chat({ last_change: 9 })] }));
    expect(caught[0].news.get('room')).toMatchObject({ change: 9, isReset: true });
    expect(caught[0].news.get('other')).toMatchObject({ isReset: true }); // it was not named at first
  });

  it('leaves out an open room too after five answers', async () => {
    open.add('room');
    feed.catchUp();
    for (let i = 1; i <= 4; i++) await sync.answer(more);
    expect(sync.asked[4].rooms).toEqual({ room: 4, other: 7 });
    await sync.answer(more);
    expect(sync.asked[5].rooms).toEqual({ other: 7 });
  });

  it('ends where the client is stopped', async () => {
    feed.catchUp();
    feed.stop();
    await sync.answer(more);
    expect(sync.waiting).toBe(0);
    expect([caught, onCaughtUp.mock.calls]).toEqual([[], []]);
  });

  it('begins a room anew that the server resets, with what came after that', async () => {
    open.add('room');
    feed.catchUp();
    await sync.answer({ ...more, reset: [] });
    const reset = { rooms: { room: 2 }, chats: [chat({ last_change: 2 })], reset: ['room'] };
    await sync.answer(answer({ ...reset, has_more: true }));
    await sync.answer(answer({ rooms: { room: 3 }, messages: [message(3)] }));
    expect(caught[0].news.get('room')).toMatchObject({ messages: [{ seq: 3 }], isReset: true });
  });

  it('forgets a room that the user is in no more', async () => {
    open.add('room');
    feed.catchUp();
    await sync.answer(more);
    await sync.answer(answer({ rooms: { other: 7 }, gone: ['room'] }));
    expect(caught[0].gone).toEqual(['room']);
    expect([...caught[0].news.keys()]).toEqual(['other']);
  });
});

describe('a feed that was stopped', () => {
  it('asks nothing', async () => {
    isMissing = true;
    feed.hear(created(5));
    feed.stop();
    feed.catchUp();
    feed.catchUpSoon();
    await timers.pass(60_000);
    expect(sync.asked).toEqual([]);
  });

  it('catches up when it is started again, whatever became of the last time', async () => {
    feed.catchUp();
    feed.hear(created(4));
    feed.stop();
    await sync.answer(answer());
    feed.start();
    feed.catchUp();
    await sync.answer(answer());
    expect(log).toEqual(['caught']);
    expect(onCaughtUp).toHaveBeenCalledOnce();
  });

  it('takes no answer from before it was stopped', async () => {
    feed.catchUp();
    feed.stop();
    feed.start();
    feed.catchUp();
    feed.hear(created(4));
    await sync.answer(answer({ history: 'of somebody else' }));
    expect(log).toEqual([]);
    await sync.answer(answer({ history: 'own' }));
    expect(log).toEqual(['caught', 'message.created 4']);
    expect(caught).toMatchObject([{ history: 'own' }]);
  });

  it('does not fail for what failed before it was stopped', async () => {
    feed.catchUp();
    feed.stop();
    feed.start();
    feed.catchUp();
    feed.hear(created(4));
    await sync.fail(new Error('signed out'));
    expect(log).toEqual([]);
    expect(timers.pending).toEqual([]);
  });
});

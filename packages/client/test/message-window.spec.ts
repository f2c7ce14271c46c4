import { beforeEach, describe, expect, it } from 'vitest';
import { MessageWindow } from '../src/message-window.js';
import { message, messages } from './support/given.js';

let window: MessageWindow;
const seqs = (): number[] => window.messages.map(({ seq }) => seq);
const run = (from: number, to: number): number[] => messages(from, to).map(({ seq }) => seq);

describe('a window at the end of a room', () => {
  beforeEach(() => {
    window = new MessageWindow();
    window.fill(messages(11, 13), { hasOlder: true, hasNewer: false });
  });

  it('takes the next message', () => {
    window.put(message(14));
    expect(seqs()).toEqual([11, 12, 13, 14]);
  });

  it('begins with the first message of an empty room', () => {
    window.fill([], { hasOlder: false, hasNewer: false });
    window.put(message(1));
    expect(seqs()).toEqual([1]);
  });

  it('keeps what is beyond a missing one until that is here', () => {
    window.put(message(16));
    window.put(message(15));
    expect(seqs()).toEqual([11, 12, 13]);
    expect(window.beyond.map(({ seq }) => seq)).toEqual([15, 16]);
    window.put(message(14));
    expect(seqs()).toEqual([11, 12, 13, 14, 15, 16]);
    expect(window.beyond).toEqual([]);
  });

  it('keeps the newest of what is beyond a missing one', () => {
    window.put(message(15, { change: 20, message: 'new' }));
    window.put(message(15, { change: 19, message: 'old' }));
    expect(window.beyond).toMatchObject([{ message: 'new' }]);
  });

  it('shows a message as of its newest change', () => {
    window.put(message(12, { change: 20, message: 'new' }));
    window.put(message(12, { change: 19, message: 'old' }));
    window.put(message(12, { change: 20, message: 'the same' }));
    expect(window.at(12)).toMatchObject({ change: 20, message: 'new' });
  });

  it('takes the id that its sender gave it from the answer', () => {
    window.put(message(12, { client_id: 'c' }));
    expect(window.at(12)).toMatchObject({ client_id: 'c' });
    window.put(message(12));
    expect(window.at(12)).toMatchObject({ client_id: 'c' });
  });

  it('takes nothing from before its first message', () => {
    window.put(message(10));
    expect(seqs()).toEqual([11, 12, 13]);
  });

  it('takes nothing where it is stale', () => {
    window.isStale = true;
    window.put(message(14));
    window.put(message(12, { change: 20 }));
    expect(window.messages).toEqual(messages(11, 13));
  });

  it('stays the same list while nothing changes', () => {
    const { messages: before } = window;
    window.put(message(12));
    window.map((each) => each);
    expect(window.messages).toBe(before);
    window.map((each) => (each.seq === 12 ? { ...each } : each));
    expect(window.messages).not.toBe(before);
  });

  it('changes what is beyond a missing one too', () => {
    window.put(message(15));
    window.map((each) => ({ ...each, message: 'new' }));
    expect(window.beyond).toMatchObject([{ message: 'new' }]);
  });

  it('lets go of the oldest beyond 1000', () => {
    for (const each of messages(14, 1011)) window.put(each);
    expect(window).toMatchObject({ firstSeq: 12, lastSeq: 1011, hasOlder: true, hasNewer: false });
  });

  it('lets go of the oldest beyond 1000 that were waiting for one', () => {
    for (const each of messages(15, 1020)) window.put(each);
    window.put(message(14));
    expect(window).toMatchObject({ firstSeq: 21, lastSeq: 1020, hasOlder: true });
    expect(window.messages).toHaveLength(1000);
  });

  it('takes older ones before its first', () => {
    window.prepend(messages(8, 10), false);
    expect(seqs()).toEqual(run(8, 13));
    expect(window).toMatchObject({ hasOlder: false, hasNewer: false });
  });
});

describe('a window that is full', () => {
  beforeEach(() => {
    window = new MessageWindow();
    window.fill(messages(1001, 2000), { hasOlder: true, hasNewer: false });
  });

  it('lets go of the newest where the reader goes back', () => {
    window.prepend(messages(951, 1000), true);
    expect(window).toMatchObject({ firstSeq: 951, lastSeq: 1950, hasOlder: true, hasNewer: true });
    window.put(message(1951));
    expect(window.lastSeq).toBe(1950);
  });

  it('keeps its first message while the reader goes back', () => {
    window.isFollowing = false;
    window.put(message(2001));
    expect(window).toMatchObject({ firstSeq: 1001, lastSeq: 2000, hasNewer: true });
  });

  it('forgets what is beyond a missing one where it follows no more', () => {
    window.isFollowing = false;
    window.put(message(2002));
    window.put(message(2001));
    expect(window.beyond).toEqual([]);
    window.append([message(2001), message(2002, { change: 2100 })], false);
    expect(window.at(2002)).toMatchObject({ change: 2100 });
  });

  it('follows again where the reader goes on to the end', () => {
    window.prepend(messages(951, 1000), true);
    window.append(messages(1951, 2000), false);
    expect(window).toMatchObject({ firstSeq: 1001, lastSeq: 2000, hasOlder: true });
    window.put(message(2001));
    expect(window).toMatchObject({ firstSeq: 1002, lastSeq: 2001, hasNewer: false });
  });
});

describe('a window in the midst of a room', () => {
  beforeEach(() => {
    window = new MessageWindow();
    window.fill(messages(11, 13), { hasOlder: true, hasNewer: true });
  });

  it('takes no new message, and knows of none', () => {
    window.put(message(14));
    window.put(message(16));
    expect(seqs()).toEqual([11, 12, 13]);
    expect(window.beyond).toEqual([]);
  });

  it('goes on with a page', () => {
    window.append(messages(14, 16), true);
    expect(seqs()).toEqual(run(11, 16));
    expect(window.hasNewer).toBe(true);
    window.append(messages(17, 18), false);
    window.put(message(19));
    expect(window).toMatchObject({ lastSeq: 19, hasNewer: false });
  });

  it('shows what it has of a page once, as of its newest change', () => {
    window.append([message(13, { change: 30 }), message(14)], true);
    expect(seqs()).toEqual([11, 12, 13, 14]);
    expect(window.at(13)).toMatchObject({ change: 30 });
  });
});

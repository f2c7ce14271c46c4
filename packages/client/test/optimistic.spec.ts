import { beforeEach, describe, expect, it, vi } from 'vitest';
import { type Change, Optimistic } from '../src/optimistic.js';
import type { Message } from '../src/types.js';
import { Answered } from './support/calls.js';
import { ME, message, messageEvent, reaction } from './support/given.js';
import { settled } from './support/manual-timers.js';

const held = message(1);
const react = (me: boolean): Change => ({ kind: 'react', emoji: '👍', me });
const withReaction = (count: number, me: boolean): Message => ({
  ...held,
  reactions: [{ emoji: '👍', count, me }],
});

let optimistic: Optimistic;
let server: Answered<void, void>;
const touch = vi.fn();
const shown = (of = held): Message => optimistic.shown(of);
function want(change: Change): Promise<void> {
  return optimistic.during('m1', change, () => server.call(), touch);
}

beforeEach(() => {
  optimistic = new Optimistic();
  server = new Answered();
  touch.mockReset();
});

describe('what the user wants', () => {
  it.each<[Change, Partial<Message>]>([
    [
      { kind: 'edit', text: 'new' },
      { message: 'new', edited_at: expect.any(String) },
    ],
    [{ kind: 'delete' }, { message: null, deleted_at: expect.any(String), client_id: null }],
    [react(true), { reactions: [{ emoji: '👍', count: 1, me: true }] }],
    [react(false), { reactions: [] }],
  ])('is shown at once: %o', (change, expected) => {
    void want(change);
    expect(touch).toHaveBeenCalledOnce();
    expect(shown()).toMatchObject(expected);
    expect(shown(message(2)), 'nothing is wanted of it').toMatchObject({ message: 'text 2' });
  });

  it('leaves a message as it is that nothing is wanted of', () => {
    expect(shown()).toBe(held);
  });

  it.each([
    [true, 2, false, [{ emoji: '👍', count: 3, me: true }]],
    [true, 2, true, [{ emoji: '👍', count: 2, me: true }]],
    [false, 2, true, [{ emoji: '👍', count: 1, me: false }]],
    [false, 1, true, []],
    [false, 2, false, [{ emoji: '👍', count: 2, me: false }]],
  ])('counts reactions: %s of %i, own: %s', (wanted, count, me, expected) => {
    void want(react(wanted));
    expect(shown(withReaction(count, me)).reactions).toEqual(expected);
  });

  it('is nothing to a deleted message', () => {
    void want({ kind: 'edit', text: 'new' });
    const deleted = { ...held, deleted_at: held.created_at };
    expect(shown(deleted)).toBe(deleted);
  });

  it('is undone where the server refuses', async () => {
    const done = want(react(true));
    const refused = expect(done).rejects.toThrow('no');
    await server.fail(new Error('no'));
    await refused;
    expect(shown()).toBe(held);
    expect(touch).toHaveBeenCalledTimes(2);
  });

  it('undoes itself alone', async () => {
    const first = want({ kind: 'edit', text: 'first' });
    void want({ kind: 'edit', text: 'second' });
    first.catch(() => undefined);
    await server.fail(new Error('no'));
    expect(shown().message).toBe('second');
  });

  it('is no wish any more once an edit is answered, by the message', async () => {
    void want({ kind: 'edit', text: 'new' });
    await server.answer();
    expect(shown()).toBe(held);
  });
});

describe('what is answered', () => {
  it.each<Change>([{ kind: 'delete' }, react(true)])(
    'is shown until the server has told: %o',
    async (change) => {
      void want(change);
      await server.answer();
      expect(shown()).not.toBe(held);
      optimistic.settle();
      expect(shown()).toBe(held);
    },
  );

  it('is not settled before', async () => {
    void want({ kind: 'delete' });
    optimistic.settle();
    await settled();
    expect(shown().message).toBeNull();
  });

  it('ends with the event of a deletion, also before the answer', async () => {
    void want({ kind: 'delete' });
    optimistic.note(messageEvent('deleted', message(2)), ME);
    expect(shown()).not.toBe(held);
    optimistic.note(messageEvent('deleted', held), ME);
    expect(shown()).toBe(held);
    await server.answer();
    expect(shown()).toBe(held);
  });

  it('ends with the event of a reaction of the user', () => {
    void want(react(true));
    optimistic.note(reaction(held, { change: 4, by: 'ada', count: 1 }), ME);
    const other = { ...reaction(held, { change: 4, by: ME, count: 1 }), emoji: '🎉' };
    optimistic.note(other, ME);
    optimistic.note(reaction(message(2), { change: 4, by: ME, count: 1 }), ME);
    expect(shown()).not.toBe(held);
    optimistic.note(reaction(held, { change: 4, by: ME, count: 1 }), ME);
    expect(shown()).toBe(held);
  });

  it('ends with the first event of a reaction that was taken and taken back', () => {
    void want(react(true));
    void want(react(false));
    optimistic.note(reaction(held, { change: 4, by: ME, count: 1 }), ME);
    expect(shown()).toBe(held);
  });
});

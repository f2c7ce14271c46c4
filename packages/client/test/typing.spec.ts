import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Typing } from '../src/typing.js';
import { ManualTimers } from './support/manual-timers.js';

let timers: ManualTimers;
let typing: Typing;
const emit = vi.fn();
const onChange = vi.fn();

beforeEach(() => {
  vi.resetAllMocks();
  timers = new ManualTimers();
  typing = new Typing(timers, emit, onChange);
});

describe('whoever types', () => {
  it('is told of every two seconds, for each room', async () => {
    typing.tell('room');
    typing.tell('other');
    await timers.pass(1999);
    typing.tell('room');
    expect(emit.mock.calls).toEqual([
      ['typing', { chat_id: 'room' }],
      ['typing', { chat_id: 'other' }],
    ]);
    await timers.pass(1);
    typing.tell('room');
    expect(emit).toHaveBeenCalledTimes(3);
  });

  it('is shown for five seconds after the last news', async () => {
    typing.hear('room', 'ada');
    await timers.pass(4000);
    typing.hear('room', 'ada');
    typing.hear('room', 'bob');
    await timers.pass(4999);
    expect(typing.of('room')).toEqual(['ada', 'bob']);
    expect(typing.of('other')).toEqual([]);
    await timers.pass(1);
    expect(typing.of('room')).toEqual([]);
    expect(onChange.mock.calls).toEqual(Array(5).fill(['room']));
  });

  it('is shown no more once they have sent it', () => {
    typing.hear('room', 'ada');
    typing.end('room', 'ada');
    typing.end('room', 'bob');
    expect(typing.of('room')).toEqual([]);
    expect(onChange).toHaveBeenCalledTimes(2);
    expect(timers.pending).toEqual([]);
  });

  it('is nothing to the next user', () => {
    typing.hear('room', 'ada');
    typing.tell('room');
    typing.clear();
    expect(typing.of('room')).toEqual([]);
    expect(timers.pending).toEqual([]);
    typing.tell('room');
    expect(emit).toHaveBeenCalledTimes(2);
  });
});

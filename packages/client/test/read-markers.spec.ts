import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ReadMarkers } from '../src/read-markers.js';
import { Answered, refusal } from './support/calls.js';
import { ManualTimers } from './support/manual-timers.js';

let timers: ManualTimers;
let server: Answered<[string, number], unknown>;
let markers: ReadMarkers;
const onRefused = vi.fn();

beforeEach(() => {
  timers = new ManualTimers();
  server = new Answered();
  onRefused.mockReset();
  markers = new ReadMarkers(timers, (...asked) => server.call(asked), onRefused);
});

describe('a marker', () => {
  it('is told at once, and is pending until it is answered', async () => {
    markers.mark('room', 3);
    await timers.pass(0);
    expect(server.asked).toEqual([['room', 3]]);
    expect([...markers.pending]).toEqual([['room', 3]]);
    await server.answer(null);
    expect(markers.pending.size).toBe(0);
    expect(timers.pending).toEqual([]);
  });

  it('is told once a second at most, the furthest of each room', async () => {
    markers.mark('room', 3);
    await timers.pass(0);
    await server.answer(null);
    await timers.pass(400);
    for (const seq of [5, 7, 6]) markers.mark('room', seq);
    markers.mark('other', 1);
    await timers.pass(599);
    expect(server.asked).toHaveLength(1);
    await timers.pass(1);
    expect(server.asked.slice(1)).toEqual([
      ['room', 7],
      ['other', 1],
    ]);
  });

  it('that moves on while it is told is told again', async () => {
    markers.mark('room', 3);
    await timers.pass(0);
    markers.mark('room', 4);
    await timers.pass(5000);
    expect(server.asked).toHaveLength(1);
    await server.answer(null);
    expect(markers.pending.get('room')).toBe(4);
    await timers.pass(1000);
    expect(server.asked.at(-1)).toEqual(['room', 4]);
  });

  it('is told again after growing pauses where the server cannot take it now', async () => {
    markers.mark('room', 3);
    await timers.pass(0);
    for (const status of [0, 429, 503]) {
      const seconds = 2 ** (server.asked.length - 1);
      await server.fail(refusal(status, 'busy'));
      expect(timers.pending[0] / 1000 / seconds).toBeGreaterThanOrEqual(0.9);
      expect(timers.pending[0] / 1000 / seconds).toBeLessThanOrEqual(1.1);
      await timers.pass(timers.pending[0]);
    }
    expect(server.asked).toEqual(Array(4).fill(['room', 3]));
    expect(onRefused).not.toHaveBeenCalled();
    expect(markers.pending.get('room')).toBe(3);
  });

  it('is given up where the server refuses it', async () => {
    markers.mark('room', 3);
    await timers.pass(0);
    await server.fail(refusal(403, 'not-a-member'));
    expect(onRefused).toHaveBeenCalledOnce();
    expect(markers.pending.size).toBe(0);
    expect(timers.pending).toEqual([]);
  });

  it('is forgotten with its user', async () => {
    markers.mark('room', 3);
    markers.clear();
    await timers.pass(5000);
    expect(server.asked).toEqual([]);
    markers.mark('room', 1);
    await timers.pass(0);
    expect(server.asked).toEqual([['room', 1]]);
  });
});

import { describe, expect, it, vi } from 'vitest';
import { callback, sameList, Snapshot, Variable } from '../src/readable.js';
import { settled } from './support/manual-timers.js';

describe('a value', () => {
  it('is told at once, and then when it changes', async () => {
    const value = new Variable(1);
    const heard: number[] = [];
    value.subscribe((each) => heard.push(each));
    expect(heard).toEqual([1]);
    value.set(2);
    expect(value.getSnapshot()).toBe(2);
    await settled();
    value.set(2);
    await settled();
    expect(heard).toEqual([1, 2]);
  });

  it('is told once for what one turn changes', async () => {
    const value = new Variable(1);
    const heard: number[] = [];
    value.subscribe((each) => heard.push(each));
    for (let n = 2; n <= 5; n++) value.set(n);
    await settled();
    expect(heard).toEqual([1, 5]);
  });

  it('is told though somebody has asked in between', async () => {
    const value = new Variable(1);
    const heard: number[] = [];
    value.subscribe((each) => heard.push(each));
    value.set(2);
    value.getSnapshot();
    value.set(3);
    value.getSnapshot();
    await settled();
    expect(heard).toEqual([1, 3]);
  });

  it('is not told where it is what it was', async () => {
    const value = new Variable(1);
    const heard: number[] = [];
    value.subscribe((each) => heard.push(each));
    value.set(2);
    value.getSnapshot();
    value.set(1);
    await settled();
    expect(heard).toEqual([1]);
  });

  it('is told to each that listens, as often as it does, until it ends', async () => {
    const value = new Variable(1);
    const heard: number[] = [];
    const listener = (each: number): unknown => heard.push(each);
    const ends = [value.subscribe(listener), value.subscribe(listener)];
    ends[0]();
    value.set(2);
    await settled();
    ends[1]();
    value.set(3);
    await settled();
    expect(heard).toEqual([1, 1, 2]);
  });

  it('may be set by whoever hears it', async () => {
    const value = new Variable(1);
    const heard: number[] = [];
    value.subscribe((each) => {
      heard.push(each);
      if (each === 2) value.set(3);
    });
    value.set(2);
    await settled();
    expect(heard).toEqual([1, 2, 3]);
  });
});

describe('a snapshot', () => {
  it('is made when it is asked for, once', () => {
    const make = vi.fn(() => ({}));
    const snapshot = new Snapshot(make);
    snapshot.touch();
    expect(make).not.toHaveBeenCalled();
    const first = snapshot.getSnapshot();
    expect(snapshot.getSnapshot()).toBe(first);
    snapshot.touch();
    expect(snapshot.getSnapshot()).not.toBe(first);
    expect(make).toHaveBeenCalledTimes(2);
  });

  it('is made for nobody', async () => {
    const make = vi.fn(() => ({}));
    const snapshot = new Snapshot(make);
    snapshot.subscribe(() => undefined)();
    snapshot.touch();
    await settled();
    expect(make).toHaveBeenCalledOnce();
  });
});

describe('a listener that throws', () => {
  it('keeps nobody from hearing, and is heard of', async () => {
    const errors: unknown[] = [];
    const before = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => errors.push(error));
    try {
      const value = new Variable(1);
      const heard: number[] = [];
      value.subscribe((each) => {
        if (each === 2) throw new Error('theirs');
      });
      value.subscribe((each) => heard.push(each));
      value.set(2);
      await settled();
      value.set(3);
      await settled();
      expect(heard).toEqual([1, 2, 3]);
      callback(() => {
        throw new Error('of another');
      }, 1);
      await settled();
      expect(errors).toEqual([new Error('theirs'), new Error('of another')]);
    } finally {
      process.removeAllListeners('uncaughtException');
      for (const each of before) process.on('uncaughtException', each);
    }
  });
});

it('keeps a list that holds the same', () => {
  const before = ['a', 'b'];
  expect(sameList(before, ['a', 'b'])).toBe(before);
  for (const now of [['a'], ['a', 'b', 'c'], ['b', 'a']]) expect(sameList(before, now)).toBe(now);
});

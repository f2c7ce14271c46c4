import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { JobLoop } from '../../src/jobs/job-loop.js';
import { Gate } from '../support/gate.js';

let runs: number;
/** What the next runs do; those beyond do nothing. */
let works: (() => Promise<void>)[];
let loop: JobLoop;

beforeAll(() => Logger.overrideLogger(false));
afterAll(() => Logger.overrideLogger(true));
beforeEach(() => {
  vi.useFakeTimers();
  [runs, works] = [0, []];
  loop = new JobLoop('job', 60, async () => {
    runs++;
    await works.shift()?.();
  });
});
afterEach(async () => {
  await loop.stop();
  vi.useRealTimers();
});

const pass = (seconds: number): Promise<unknown> => vi.advanceTimersByTimeAsync(seconds * 1000);
const failure = new Error('no database');
const fail = (): Promise<void> => Promise.reject(failure);

describe('a job runs', () => {
  it('from time to time, and when it is woken', async () => {
    await pass(59);
    expect(runs).toBe(0);
    await pass(1);
    expect(runs).toBe(1);
    loop.wake();
    await pass(0);
    expect(runs).toBe(2);
    await pass(60);
    expect(runs).toBe(3);
  });

  it('when it is woken alone, where it has no period', async () => {
    await loop.stop();
    const quiet = new JobLoop('job', undefined, () => Promise.resolve(void runs++));
    await pass(3600);
    expect(runs).toBe(0);
    await quiet.settle();
    expect(runs).toBe(1);
  });

  it('never twice at once, and once more for all who woke it meanwhile', async () => {
    const gate = new Gate();
    works = [() => gate.pass()];
    loop.wake();
    await gate.reached;
    for (let n = 0; n < 3; n++) loop.wake();
    await pass(1);
    expect(runs).toBe(1);
    gate.open();
    await pass(0);
    expect(runs).toBe(2);
  });

  it('not once more for a period that passes while it runs', async () => {
    const gate = new Gate();
    works = [() => gate.pass()];
    loop.wake();
    await pass(150);
    gate.open();
    await pass(0);
    expect(runs).toBe(1);
    await pass(60);
    expect(runs).toBe(2);
  });

  it('for whoever wakes it in the moment in which it ends', async () => {
    works = [() => Promise.resolve()];
    const settled = loop.settle().then(() => loop.wake());
    await settled;
    await pass(0);
    expect(runs).toBe(2);
  });

  it('in a while, once for all who ask for it, unless it has run by then', async () => {
    loop.wakeIn(5);
    await pass(2);
    loop.wakeIn(5);
    await pass(3);
    expect(runs).toBe(1);
    loop.wakeIn(5);
    loop.wake();
    await pass(6);
    expect(runs).toBe(2);
  });

  it('again ten seconds after a failure, until it succeeds', async () => {
    works = [fail, fail];
    loop.wake();
    await pass(9);
    expect(runs).toBe(1);
    await pass(1);
    expect(runs).toBe(2);
    await pass(10);
    expect(runs).toBe(3);
    await pass(30);
    expect(runs).toBe(3);
  });

  it('again also where it fails before it has waited for anything', async () => {
    await loop.stop();
    const hasty = new JobLoop('job', undefined, () => {
      if (++runs === 1) throw failure;
      return Promise.resolve();
    });
    await expect(hasty.settle()).rejects.toBe(failure);
    await hasty.settle();
    expect(runs).toBe(2);
    await hasty.stop();
  });
});

it('is tried again too where it was to run again as it failed', async () => {
  const gate = new Gate();
  works = [() => gate.pass().then(fail)];
  loop.wake();
  await gate.reached;
  loop.wakeIn(1);
  await pass(2); // it runs still
  gate.open();
  await pass(0);
  expect(runs).toBe(1);
  await pass(10);
  expect(runs).toBe(2);
});

describe('who waits until it is settled', () => {
  it('waits for a run that began after', async () => {
    const [under, after] = [new Gate(), new Gate()];
    works = [() => under.pass(), () => after.pass()];
    loop.wake();
    let isSettled = false;
    const settled = loop.settle().then(() => (isSettled = true));
    under.open();
    await after.reached;
    expect(isSettled).toBe(false);
    after.open();
    await settled;
    expect(runs).toBe(2);
  });

  it('hears of its failure', async () => {
    works = [fail];
    await expect(loop.settle()).rejects.toBe(failure);
    await expect(loop.settle()).resolves.toBeUndefined();
  });
});

describe('its end', () => {
  it('waits for what is under way, and nothing runs after it', async () => {
    const gate = new Gate();
    works = [() => gate.pass()];
    loop.wake();
    loop.wake();
    let isOver = false;
    const stopped = loop.stop().then(() => (isOver = true));
    await pass(1);
    expect(isOver).toBe(false);
    gate.open();
    await stopped;
    loop.wake();
    loop.wakeIn(1);
    await pass(600);
    expect(runs).toBe(1);
  });

  it('comes after a failure too, which is not tried again', async () => {
    const gate = new Gate();
    works = [() => gate.pass().then(fail)];
    loop.wake();
    await gate.reached;
    const stopped = loop.stop();
    gate.open();
    await stopped;
    await pass(600);
    expect(runs).toBe(1);
  });
});

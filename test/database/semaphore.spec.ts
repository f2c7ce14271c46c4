import { describe, expect, it } from 'vitest';
import { pipelined } from '../../src/database/pipelined.js';
import { Semaphore } from '../../src/database/semaphore.js';
import { Gate } from '../support/gate.js';

describe('a semaphore', () => {
  it('lets so many run at once, the others in the order of their coming', async () => {
    const semaphore = new Semaphore(2);
    const gates = Array.from({ length: 5 }, () => new Gate());
    const begun: number[] = [];
    const jobs = gates.map((gate, n) =>
      semaphore.run('ada', async () => {
        begun.push(n);
        await gate.pass();
        return n;
      }),
    );
    expect([begun, semaphore.waiting]).toEqual([[0, 1], 3]);
    gates[1].open();
    await jobs[1];
    await gates[2].reached;
    expect([begun, semaphore.waiting]).toEqual([[0, 1, 2], 2]);
    for (const gate of gates) gate.open();
    expect(await Promise.all(jobs)).toEqual([0, 1, 2, 3, 4]);
    expect([begun, semaphore.waiting]).toEqual([[0, 1, 2, 3, 4], 0]);
  });

  it('lets callers take turns: who asks for little does not wait for all of another', async () => {
    const semaphore = new Semaphore(1);
    const gate = new Gate();
    const begun: string[] = [];
    const job = (caller: string): Promise<void> =>
      semaphore.run(caller, async () => {
        begun.push(caller);
        await gate.pass();
      });
    const jobs = ['ada', 'ada', 'ada', 'ada', 'bob'].map(job);
    gate.open();
    await Promise.all(jobs);
    expect(begun).toEqual(['ada', 'ada', 'bob', 'ada', 'ada']);
  });

  it('gives the place of one that failed to the next, and counts none twice', async () => {
    const semaphore = new Semaphore(1);
    const failing = (): Promise<never> =>
      semaphore.run('ada', () => Promise.reject(new Error('no')));
    await Promise.allSettled([failing(), failing(), failing()]);
    const [gate, next] = [new Gate(), new Gate()];
    const jobs = [semaphore.run('ada', () => gate.pass()), semaphore.run('ada', () => next.pass())];
    await gate.reached;
    expect(semaphore.waiting).toBe(1);
    gate.open();
    next.open();
    await Promise.all(jobs);
  });
});

describe('statements at once', () => {
  it('are all awaited before the failure of one is told, the first in their order', async () => {
    const gate = new Gate();
    let isOver = false;
    const slow = gate.pass().then(() => (isOver = true));
    const told = pipelined([
      slow,
      gate.opened.then(() => Promise.reject(new Error('later'))),
      Promise.reject(new Error('first to fail')),
    ]).catch((error: Error) => [error.message, isOver]);
    await Promise.resolve();
    gate.open();
    expect(await told).toEqual([expect.any(String), true]);
  });

  it('give each its answer', async () => {
    expect(await pipelined([Promise.resolve(1), 'two'])).toEqual([1, 'two']);
  });
});

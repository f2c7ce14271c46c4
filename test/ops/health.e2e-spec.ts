import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Database } from '../../src/database/database.js';
import { Gate } from '../support/gate.js';
import { TestApp } from '../support/test-app.js';

const BELIEVED_MS = 1000;

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => app.stop());

/** The statuses that so many are answered with who ask at once. */
async function ask(times: number): Promise<number[]> {
  const answers = Array.from({ length: times }, () => app.anonymous.get('/health/ready'));
  return [...new Set((await Promise.all(answers)).map(({ status }) => status))];
}

/** Does it anew where it has taken longer than an outcome is believed, as on a busy machine. */
async function withinBelief(work: () => Promise<void>): Promise<void> {
  for (let took = Infinity; took >= BELIEVED_MS;) {
    await sleep(BELIEVED_MS + 100);
    vi.clearAllMocks();
    const begun = performance.now();
    await work();
    took = performance.now() - begun;
  }
}

describe('readiness', () => {
  it('is one check for all who ask within a second, and then another one', async () => {
    const ping = vi.spyOn(app.nest.get(Database), 'ping');
    await withinBelief(async () => {
      expect(await ask(50)).toEqual([200]);
      expect(await ask(1)).toEqual([200]);
    });
    expect(ping).toHaveBeenCalledTimes(1);
    await sleep(BELIEVED_MS + 100);
    expect(await ask(1)).toEqual([200]);
    expect(ping).toHaveBeenCalledTimes(2);
  });

  it('is one check under way, however long it takes', async () => {
    await sleep(BELIEVED_MS + 100);
    const gate = new Gate();
    const ping = vi.spyOn(app.nest.get(Database), 'ping').mockImplementation(() => gate.pass());
    const early = ask(10);
    await gate.reached;
    await sleep(BELIEVED_MS + 200);
    const late = ask(10);
    await sleep(50);
    expect(ping).toHaveBeenCalledTimes(1);
    gate.open();
    expect([await early, await late]).toEqual([[200], [200]]);
  });

  it('is refused to all who ask within a second alike', async () => {
    const ping = vi.spyOn(app.nest.get(Database), 'ping').mockRejectedValue(new Error('gone'));
    await withinBelief(async () => expect(await ask(50)).toEqual([503]));
    expect(ping).toHaveBeenCalledTimes(1);
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { History } from '../../src/database/history.js';
import type { Connection } from '../../src/realtime/connection.js';
import { Ready } from '../../src/realtime/ready.js';

const current = vi.fn<History['current']>();
let ready: Ready;
beforeEach(() => {
  vi.useFakeTimers();
  current.mockReset().mockResolvedValue('first');
  ready = new Ready({ current } as unknown as History);
});
afterEach(() => vi.useRealTimers());

function listener(): { connection: Connection; heard: string[] } {
  const heard: string[] = [];
  const connection = { ready: (history: string) => heard.push(history) };
  return { connection: connection as unknown as Connection, heard };
}

describe('the line of history', () => {
  it('is another one when it has changed since it was asked, and not the first time', async () => {
    expect(await ready.hasOtherHistory()).toBe(false);
    expect(await ready.hasOtherHistory()).toBe(false);
    current.mockResolvedValue('second');
    expect(await ready.hasOtherHistory()).toBe(true);
    expect(await ready.hasOtherHistory()).toBe(false);
  });

  it('is told to all, and once', async () => {
    const all = [listener(), listener()];
    await ready.tell(all.map(({ connection }) => connection));
    await vi.advanceTimersByTimeAsync(5000);
    expect(all.map(({ heard }) => heard)).toEqual([['first'], ['first']]);
  });

  it('is told once the database is back', async () => {
    const { connection, heard } = listener();
    current.mockRejectedValueOnce(new Error('away'));
    await ready.tell([connection]);
    expect(heard).toEqual([]);
    await vi.advanceTimersByTimeAsync(1500);
    expect(heard).toEqual(['first']);
  });

  it('is not asked for nobody', async () => {
    await ready.tell([]);
    expect(current).not.toHaveBeenCalled();
  });
});

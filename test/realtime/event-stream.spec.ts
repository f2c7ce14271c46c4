import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { newId } from '../../src/crypto/ids.js';
import { EventStream } from '../../src/realtime/event-stream.js';

const EVENT = { name: 'message.created', payload: {} };
const MEBIBYTE = 'x'.repeat(1024 ** 2);

let stream: EventStream;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval', 'clearInterval'] });
  stream = new EventStream({ id: newId(), sessionId: newId() });
});
afterEach(() => {
  stream.destroy();
  vi.useRealTimers();
});

const read = (): string => String(stream.read() ?? '');

describe('a client that does not read', () => {
  it('is dropped once more than four mebibytes wait for it, and nothing more is kept', () => {
    for (let n = 0; n < 3; n++) stream.deliver(EVENT, MEBIBYTE);
    expect(stream.destroyed).toBe(false);
    stream.deliver(EVENT, MEBIBYTE); // with what stands around each
    expect(stream.destroyed).toBe(true);
    const waiting = stream.readableLength;
    stream.deliver(EVENT, MEBIBYTE);
    expect(stream.readableLength).toBe(waiting);
  });

  it('is not, where it has read in between', () => {
    for (let n = 0; n < 10; n++) {
      stream.deliver(EVENT, MEBIBYTE);
      expect(read()).toContain('event: message.created');
    }
    expect(stream.destroyed).toBe(false);
  });
});

describe('a stream that is closed', () => {
  it('says what it had to say, takes no more, and is cut a moment later', async () => {
    const failed = vi.fn();
    stream.on('error', failed);
    stream.deliver(EVENT, '"last"');
    stream.close();
    stream.deliver(EVENT, '"too late"');
    expect(read()).toMatch(/data: "last"\n\n$/);
    expect(stream.destroyed).toBe(false);
    await vi.advanceTimersByTimeAsync(1000);
    expect(stream.destroyed).toBe(true);
    expect(failed).not.toHaveBeenCalled();
  });
});

it('keeps proxies from taking it for dead', () => {
  read();
  vi.advanceTimersByTime(20_000);
  expect(read()).toBe(':\n\n');
});

import { describe, expect, it } from 'vitest';
import { newId } from '../src/common/ids.js';
import { UnavailableError } from '../src/common/errors.js';
import type { Draft } from '../src/message/append-messages.js';
import { MessageWriter } from '../src/message/message.writer.js';

const draft = (): Draft => ({
  id: newId(),
  chatId: newId(),
  senderId: newId(),
  clientId: null,
  replyTo: null,
  body: 'hello',
});

describe('the queue of the writer', () => {
  it('takes 2,000 sends, refuses more at once, and takes them again when there is room', async () => {
    const stored = Array.from({ length: 200 }, () => ({ isRepeat: false }));
    const database = { write: () => Promise.resolve(stored) };
    const writer = new MessageWriter(database as never, {} as never);
    const sends = Array.from({ length: 2000 }, () => writer.append(draft()));
    const refused = await writer.append(draft()).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(UnavailableError);
    expect(refused).toMatchObject({
      message: 'The server is overloaded. Try again shortly.',
      retryAfterSeconds: 1,
    });
    expect(await Promise.all(sends)).toHaveLength(2000);
    expect(await writer.append(draft())).toEqual({ isRepeat: false });
  });
});

import { describe, expect, it } from 'vitest';
import { newId } from '../../src/crypto/ids.js';
import { UnavailableError } from '../../src/common/errors.js';
import type { Draft } from '../../src/message/send/draft.js';
import { MessageWriter } from '../../src/message/send/message-writer.js';

const draft = (): Draft => ({
  id: newId(),
  chatId: newId(),
  senderId: newId(),
  clientId: null,
  clientKey: null,
  replyTo: null,
  body: 'hello',
  attachmentIds: [],
  sealed: new Error('no key'),
});

describe('the queue of the writer', () => {
  it('takes 2,000 sends, refuses more at once, and takes more once these have their answer', async () => {
    const outage = Object.assign(new Error('no database'), { code: 'ECONNREFUSED' });
    const database = { write: () => Promise.reject(outage) };
    const writer = new MessageWriter(database as never, {} as never, {} as never, {} as never);
    const send = (): Promise<unknown> => writer.append(draft()).catch((error: unknown) => error);
    const sends = Array.from({ length: 2000 }, send);
    const refused = await send();
    expect(refused).toBeInstanceOf(UnavailableError);
    expect(refused).toMatchObject({
      message: 'The server is overloaded. Try again shortly.',
      retryAfterSeconds: 1,
    });
    const answers = await Promise.all(sends);
    expect(answers.every((answer) => answer === outage)).toBe(true);
    expect(await send()).toBe(outage);
  });
});

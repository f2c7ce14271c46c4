import { expect, it, vi } from 'vitest';
import { newId } from '../../src/crypto/ids.js';
import type { DatabaseClock } from '../../src/database/database-clock.js';
import type { ClientKeys } from '../../src/encryption/client-keys.js';
import type { MessageSealer } from '../../src/message/message-sealer.js';
import type { MessageViews } from '../../src/message/read/message-views.js';
import type { Appended } from '../../src/message/send/append-messages.js';
import type { Draft } from '../../src/message/send/draft.js';
import { MessageSender } from '../../src/message/send/message-sender.js';
import type { MessageWriter } from '../../src/message/send/message-writer.js';

const USER = { id: newId(), sessionId: newId() };
const SENT = { chatid: newId(), message: 'hello' };

/** Sends by a clock, and answers what came to the writer. */
async function sendBy(requireRight: DatabaseClock['requireRight']): Promise<Draft[]> {
  const append = vi.fn<MessageWriter['append']>().mockResolvedValue({} as Appended);
  const sender = new MessageSender(
    { append } as unknown as MessageWriter,
    { one: () => Promise.resolve({}) } as unknown as MessageViews,
    { sealNew: () => Promise.resolve({ ciphertext: 'x' }) } as unknown as MessageSealer,
    {} as ClientKeys,
    { requireRight } as unknown as DatabaseClock,
  );
  await sender.send(USER, SENT).catch(() => undefined);
  return append.mock.calls.map(([draft]) => draft);
}

it('sends what the caller says, as the caller', async () => {
  const drafts = await sendBy(() => undefined);
  expect(drafts).toMatchObject([{ chatId: SENT.chatid, senderId: USER.id, body: 'hello' }]);
});

it('sends nothing by a clock that is off, which would order messages wrongly', async () => {
  const drafts = await sendBy(() => {
    throw new Error('off');
  });
  expect(drafts).toEqual([]);
});

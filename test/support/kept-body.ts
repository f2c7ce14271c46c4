import type { MessageCache } from '../../src/message/message-cache.js';
import type { Message } from '../../src/message/message.entity.js';

/** The body that is kept of exactly this row. */
export function keptBody(cache: MessageCache, row: Message): string | null | undefined {
  const asked: Message = { ...row, body: null };
  return cache.fill(asked) ? asked.body : undefined;
}

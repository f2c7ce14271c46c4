import type { Message } from '../message.entity.js';
import type { Sealed } from '../message-sealer.js';

/** A message that is not yet part of a room: it still gets `seq`, `change` and its time. */
export interface Draft extends Pick<
  Message,
  'id' | 'chatId' | 'senderId' | 'clientId' | 'clientKey' | 'replyTo' | 'body'
> {
  /** Files that it is sent with, in this order. */
  attachmentIds: string[];
  /** Its body, or why this process cannot seal it. */
  sealed: Sealed | Error;
}

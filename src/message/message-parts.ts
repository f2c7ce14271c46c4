import { Injectable } from '@nestjs/common';
import { MessageAttachments } from '../attachment/message-attachments.js';
import type { Write } from '../database/statement.js';
import type { Transaction } from '../database/transaction.js';
import type { Message } from './message.entity.js';
import type { Draft } from './send/draft.js';

/**
 * What stands beside messages, such as files. Its hooks run in the transaction that is under way, with
 * the room locked, and give it checks and statements. Implemented below messages, or above them and
 * added at the start.
 */
export interface MessagePart {
  /** Messages are to be sent; undefined, at no cost, where none of them concerns it. */
  sent(tx: Transaction, drafts: Draft[]): Promise<SentPart> | undefined;
  /** Messages were edited or deleted by people, or are tombstones since their author is erased. */
  changed(tx: Transaction, how: MessageChange, messages: Message[]): Promise<void>;
  /** A room is over: clears some of it away. @returns whether there was anything */
  roomEnded(tx: Transaction, chatId: string): Promise<boolean>;
}

export type MessageChange = 'edited' | 'deleted' | 'erased';

export interface SentPart {
  /** Throws why a message may not be sent; it takes no place then. */
  check(draft: Draft): void;
  /** The draft has become a message. */
  take(draft: Draft, message: Message): void;
  /** What is written with the messages that were taken. */
  writes(): Write[];
}

@Injectable()
export class MessageParts {
  private readonly parts: MessagePart[];

  constructor(attachments: MessageAttachments) {
    this.parts = [attachments];
  }

  /** For what lies above messages; at the start. */
  add(part: MessagePart): void {
    this.parts.push(part);
  }

  async sent(tx: Transaction, drafts: Draft[]): Promise<SentPart[]> {
    const sent = this.parts.map((part) => part.sent(tx, drafts));
    const concerned = sent.filter((each) => each !== undefined);
    return concerned.length > 0 ? Promise.all(concerned) : [];
  }

  async changed(tx: Transaction, how: MessageChange, messages: Message[]): Promise<void> {
    for (const part of this.parts) await part.changed(tx, how, messages);
  }

  async roomEnded(tx: Transaction, chatId: string): Promise<boolean> {
    for (const part of this.parts) if (await part.roomEnded(tx, chatId)) return true;
    return false;
  }
}

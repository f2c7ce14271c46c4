import { Injectable } from '@nestjs/common';
import type { TextBudget } from '../common/text-budget.js';
import type { Reads } from '../database/transaction.js';
import type { Chat } from './chat.entity.js';

/** A message as it is stored, not opened yet. */
export interface StoredMessage {
  chatId: string;
  ciphertext: string | null;
}

/** What knows of messages. It lies above the rooms, so it comes to them. */
export interface MessageSource {
  /** Reads the newest messages of rooms, in their order, until their text fills the answer. */
  readLast(chats: Chat[], budget: TextBudget, reads?: Reads): Promise<StoredMessage[]>;
  /** Opens messages and shows them to a user, in their order. */
  show(userId: string, messages: StoredMessage[]): Promise<object[]>;
}

/** Where rooms learn what was said in them last. */
@Injectable()
export class LastMessages {
  private source: MessageSource;

  from(source: MessageSource): void {
    this.source = source;
  }

  read(chats: Chat[], budget: TextBudget, reads?: Reads): Promise<StoredMessage[]> {
    return this.source.readLast(chats, budget, reads);
  }

  /** By room. */
  async show(userId: string, messages: StoredMessage[]): Promise<Map<string, object>> {
    const views = await this.source.show(userId, messages);
    return new Map(messages.map(({ chatId }, index) => [chatId, views[index]]));
  }
}

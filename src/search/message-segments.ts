import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/transaction.js';
import type { Message } from '../message/message.entity.js';
import { type MessageChange, type MessagePart, MessageParts } from '../message/message-parts.js';
import { SegmentCache } from './segment-cache.js';
import { RoomsToIndex } from './rooms-to-index.js';
import { DELETE_OF_ROOM, DELETE_OVER } from './segment-statements.js';

const BATCH_SIZE = 100;

/** What segments have to do with edits, deletions and the ends of rooms. */
@Injectable()
export class MessageSegments implements MessagePart {
  constructor(
    private readonly cache: SegmentCache,
    private readonly rooms: RoomsToIndex,
    parts: MessageParts,
  ) {
    parts.add(this);
  }

  /** Rows are read behind the last segment. */
  sent(): undefined {
    return undefined;
  }

  /** An erased author's parts are noise already. */
  async changed(tx: Transaction, how: MessageChange, messages: Message[]): Promise<void> {
    if (how === 'erased') return;
    for (const { chatId, seq } of messages) {
      const deleted = await tx.rows(DELETE_OVER, [chatId, seq]);
      if (deleted.length === 0) continue;
      tx.onCommit(() => {
        this.cache.drop(chatId, seq);
        this.rooms.forget(chatId);
      });
    }
  }

  async roomEnded(tx: Transaction, chatId: string): Promise<boolean> {
    return (await tx.rows(DELETE_OF_ROOM, [chatId, BATCH_SIZE])).length > 0;
  }
}

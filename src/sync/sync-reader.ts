import { Injectable } from '@nestjs/common';
import { ChatRepository, type ChatSeen } from '../chat/chat.repository.js';
import { ChatViews } from '../chat/chat-views.js';
import type { Reads } from '../database/transaction.js';
import type { StoredMessage } from '../chat/last-messages.js';
import { MessageRepository } from '../message/read/message.repository.js';
import { SyncPage } from './sync-page.js';
import type { ChangedRoom, SyncPlan } from './sync-plan.js';

/** Rooms whose rows are read at once. */
const STEP = 50;

interface ReadRoom {
  seen: ChatSeen;
  last: StoredMessage | undefined;
}

/** Reads what is new, in a snapshot, and opens none of it. */
@Injectable()
export class SyncReader {
  constructor(
    private readonly chats: ChatRepository,
    private readonly views: ChatViews,
    private readonly messages: MessageRepository,
  ) {}

  /** Room by room until the answer is full: one read for each, and two for every fifty. */
  async read(
    reads: Reads,
    userId: string,
    { changed, unchanged }: SyncPlan,
    limit: number,
  ): Promise<SyncPage> {
    const page = new SyncPage(unchanged, limit);
    for (let from = 0; from < changed.length; from += STEP) {
      const step = changed.slice(from, from + STEP);
      const wanted = step.filter((room) => page.hasPlaceFor(room));
      const read = await this.readRooms(reads, userId, wanted);
      for (const room of step) {
        const found = read.get(room.chatId);
        if (found && page.hasPlaceFor(room)) await this.take(reads, page, room, found);
        else page.postpone(room);
      }
    }
    return page;
  }

  private async take(
    reads: Reads,
    page: SyncPage,
    room: ChangedRoom,
    { seen, last }: ReadRoom,
  ): Promise<void> {
    const { chatId, after, upTo } = room;
    page.takeChat(room, seen, last);
    if (after === undefined) return;
    if (page.budget.isSpent) return page.postpone(room);
    const range = { chatId, after, upTo, limit: page.left };
    page.takeMessages(room, await this.messages.changedSealed(range, page.budget, reads));
  }

  private async readRooms(
    reads: Reads,
    userId: string,
    rooms: ChangedRoom[],
  ): Promise<Map<string, ReadRoom>> {
    const chatIds = rooms.map(({ chatId }) => chatId);
    const seen = await this.chats.findAllSeen(userId, chatIds, reads);
    const read = await this.views.read(seen, undefined, reads);
    const last = new Map(read.last.map((message) => [message.chatId, message]));
    return new Map(
      read.seen.map((one) => [one.chat.id, { seen: one, last: last.get(one.chat.id) }]),
    );
  }
}

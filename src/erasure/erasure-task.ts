import { Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { InjectEntityManager } from '@nestjs/typeorm';
import { EntityManager, In, IsNull, MoreThan, Not } from 'typeorm';
import { Chat } from '../chat/chat.entity.js';
import { LockedRooms } from '../chat/locked-rooms.js';
import { Database } from '../database/database.js';
import { EventBus } from '../events/event-bus.js';
import type { RoomEvent } from '../events/events.js';
import { messageEvent, reactionEvent } from '../message/message-events.js';
import { Message } from '../message/message.entity.js';
import { Reaction } from '../message/reaction.entity.js';
import { counted } from '../message/reaction.service.js';
import { User } from '../user/user.entity.js';
import { UserService } from '../user/user.service.js';

const BATCH_SIZE = 100;
const ROOMS_PER_LOOK = 500;
/** All that is shown of a message but its text, which need not be opened to be deleted. */
const SEALED = {
  id: true,
  chatId: true,
  seq: true,
  change: true,
  senderId: true,
  clientId: true,
  replyTo: true,
  createdAt: true,
  editedAt: true,
};

/**
 * Writes what an erasure means into every row: tombstones for the user's messages, their reactions
 * taken back, each with the room's next `change`, so that every replica learns it. In small steps,
 * each complete in itself; after a restart it goes on.
 */
@Injectable()
export class ErasureTask implements OnApplicationBootstrap {
  private readonly logger = new Logger(ErasureTask.name);
  private running = Promise.resolve();

  constructor(
    @InjectEntityManager() private readonly reader: EntityManager,
    private readonly database: Database,
    private readonly users: UserService,
    private readonly bus: EventBus,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const unfinished = { erasedAt: Not(IsNull()), clearedAt: IsNull() };
    for (const { id } of await this.reader.find(User, {
      select: { id: true },
      where: unfinished,
    })) {
      this.start(id);
    }
  }

  start(userId: string): void {
    this.running = this.running
      .then(() => this.clear(userId))
      .catch((err: unknown) => {
        this.logger.warn({ event: 'erasure.interrupted', user_id: userId, err });
      });
  }

  /** Resolves once all that was begun is done. */
  settled(): Promise<void> {
    return this.running;
  }

  private async clear(userId: string): Promise<void> {
    const user = await this.reader.findOneByOrFail(User, { id: userId });
    for (let after = ''; ;) {
      const rooms = await this.nextRooms(after);
      if (rooms.length === 0) break;
      while (await this.clearMessages(user, rooms));
      after = rooms[rooms.length - 1];
    }
    while (await this.clearReactions(userId));
    const clearedAt = new Date();
    await this.database.write((manager) => manager.update(User, userId, { clearedAt }));
    this.logger.log({ event: 'erasure.finished', user_id: userId });
  }

  private async nextRooms(after: string): Promise<string[]> {
    const chats = await this.reader.find(Chat, {
      select: { id: true },
      where: { deletedAt: IsNull(), ...(after && { id: MoreThan(after) }) },
      order: { id: 'ASC' },
      take: ROOMS_PER_LOOK,
    });
    return chats.map((chat) => chat.id);
  }

  /** One step; false when there was nothing left to do. */
  private async clearMessages(sender: User, rooms: string[]): Promise<boolean> {
    const mine = { senderId: sender.id, chatId: In(rooms), deletedAt: IsNull() };
    const select = { id: true, chatId: true };
    const found = await this.reader.find(Message, { select, where: mine, take: BATCH_SIZE });
    if (found.length === 0) return false;
    await this.database.write(async (manager, onCommit) => {
      const events: RoomEvent[] = [];
      const locked = await LockedRooms.lock(manager, seatsOf(found, sender.id));
      const where = { id: In(found.map(({ id }) => id)), deletedAt: IsNull() };
      const left = await manager.find(Message, { select: SEALED, where, order: { id: 'ASC' } });
      for (const message of left) {
        const chat = locked.find(message.chatId);
        if (!chat) continue;
        const gone = { ciphertext: null, reactions: [], deletedAt: sender.erasedAt };
        const change = locked.change(chat);
        await manager.update(Message, message.id, { ...gone, change });
        await manager.delete(Reaction, { messageId: message.id });
        events.push(messageEvent('message.deleted', { ...message, ...gone, change }, sender));
      }
      await locked.save();
      onCommit(() => this.bus.announce(events));
    });
    return true;
  }

  private async clearReactions(userId: string): Promise<boolean> {
    const found = await this.reader.find(Reaction, { where: { userId }, take: BATCH_SIZE });
    if (found.length === 0) return false;
    await this.database.write(async (manager, onCommit) => {
      const events: RoomEvent[] = [];
      const locked = await LockedRooms.lock(manager, seatsOf(found, userId));
      for (const { messageId, emoji } of found) {
        const { affected } = await manager.delete(Reaction, { messageId, userId, emoji });
        const message = await manager.findOneBy(Message, { id: messageId });
        const chat = message && locked.find(message.chatId);
        if (!affected || !chat) continue;
        message.reactions = counted(message.reactions ?? [], emoji, -1);
        message.change = locked.change(chat);
        const { reactions, change } = message;
        await manager.update(Message, messageId, { reactions, change });
        const sender = (await this.users.byId([message.senderId], manager)).get(message.senderId)!;
        events.push(reactionEvent(message, sender, { userId, emoji, added: false }));
      }
      await locked.save();
      onCommit(() => this.bus.announce(events));
    });
    return true;
  }
}

function seatsOf(rows: { chatId: string }[], userId: string): { chatId: string; userId: string }[] {
  return [...new Set(rows.map((row) => row.chatId))].map((chatId) => ({ chatId, userId }));
}

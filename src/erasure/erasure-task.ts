import { Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, IsNull, MoreThan, Not, Repository } from 'typeorm';
import { Chat } from '../chat/chat.entity.js';
import { LockedRooms } from '../chat/locked-rooms.js';
import { Database } from '../database/database.js';
import { Message } from '../message/message.entity.js';
import { Reaction } from '../message/reaction.entity.js';
import { counted } from '../message/reaction.service.js';
import { User } from '../user/user.entity.js';

const BATCH_SIZE = 100;
const ROOMS_PER_LOOK = 500;

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
    @InjectRepository(User) private readonly users: Repository<User>,
    @InjectRepository(Chat) private readonly chats: Repository<Chat>,
    @InjectRepository(Message) private readonly messages: Repository<Message>,
    @InjectRepository(Reaction) private readonly reactions: Repository<Reaction>,
    private readonly database: Database,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const unfinished = { erasedAt: Not(IsNull()), clearedAt: IsNull() };
    for (const { id } of await this.users.find({ select: { id: true }, where: unfinished })) {
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
    const { erasedAt } = await this.users.findOneByOrFail({ id: userId });
    for (let after = ''; ;) {
      const rooms = await this.nextRooms(after);
      if (rooms.length === 0) break;
      while (await this.clearMessages(userId, rooms, erasedAt!));
      after = rooms[rooms.length - 1];
    }
    while (await this.clearReactions(userId));
    const clearedAt = new Date();
    await this.database.write((manager) => manager.update(User, userId, { clearedAt }));
    this.logger.log({ event: 'erasure.finished', user_id: userId });
  }

  private async nextRooms(after: string): Promise<string[]> {
    const chats = await this.chats.find({
      select: { id: true },
      where: { deletedAt: IsNull(), ...(after && { id: MoreThan(after) }) },
      order: { id: 'ASC' },
      take: ROOMS_PER_LOOK,
    });
    return chats.map((chat) => chat.id);
  }

  /** One step; false when there was nothing left to do. */
  private async clearMessages(
    senderId: string,
    rooms: string[],
    deletedAt: Date,
  ): Promise<boolean> {
    const mine = { senderId, chatId: In(rooms), deletedAt: IsNull() };
    const select = { id: true, chatId: true, senderId: true };
    const found = await this.messages.find({ select, where: mine, take: BATCH_SIZE });
    if (found.length === 0) return false;
    await this.database.write(async (manager) => {
      const locked = await LockedRooms.lock(manager, seatsOf(found, senderId));
      const where = { id: In(found.map(({ id }) => id)), deletedAt: IsNull() };
      const left = await manager.find(Message, { select, where, order: { id: 'ASC' } });
      for (const { id, chatId } of left) {
        const chat = locked.find(chatId);
        if (!chat) continue;
        const gone = { ciphertext: null, reactions: [], deletedAt };
        await manager.update(Message, id, { ...gone, change: locked.change(chat) });
        await manager.delete(Reaction, { messageId: id });
      }
      await locked.save();
    });
    return true;
  }

  private async clearReactions(userId: string): Promise<boolean> {
    const found = await this.reactions.find({ where: { userId }, take: BATCH_SIZE });
    if (found.length === 0) return false;
    await this.database.write(async (manager) => {
      const locked = await LockedRooms.lock(manager, seatsOf(found, userId));
      for (const { messageId, emoji } of found) {
        const { affected } = await manager.delete(Reaction, { messageId, userId, emoji });
        const message = await manager.findOne(Message, {
          select: { id: true, chatId: true, reactions: true },
          where: { id: messageId },
        });
        const chat = message && locked.find(message.chatId);
        if (!affected || !chat) continue;
        const reactions = counted(message.reactions ?? [], emoji, -1);
        await manager.update(Message, messageId, { reactions, change: locked.change(chat) });
      }
      await locked.save();
    });
    return true;
  }
}

function seatsOf(rows: { chatId: string }[], userId: string): { chatId: string; userId: string }[] {
  return [...new Set(rows.map((row) => row.chatId))].map((chatId) => ({ chatId, userId }));
}

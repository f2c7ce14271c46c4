import { Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, IsNull, Not, Repository } from 'typeorm';
import { Chat } from '../chat/chat.entity.js';
import { Member } from '../chat/member.entity.js';
import { Database } from '../database/database.js';
import { EventBus } from '../events/event-bus.js';
import { Message } from './message.entity.js';
import { Reaction } from './reaction.entity.js';

const BATCH_SIZE = 500;

/** Clears deleted rooms away in the background, in small steps, and goes on after a restart. */
@Injectable()
export class RoomPurge implements OnApplicationBootstrap {
  private readonly logger = new Logger(RoomPurge.name);
  private running = Promise.resolve();

  constructor(
    @InjectRepository(Chat) private readonly chats: Repository<Chat>,
    @InjectRepository(Message) private readonly messages: Repository<Message>,
    @InjectRepository(Member) private readonly members: Repository<Member>,
    private readonly database: Database,
    bus: EventBus,
  ) {
    bus.on('chat.deleted', ({ chatId }) => this.start(() => this.purge(chatId)));
  }

  onApplicationBootstrap(): void {
    this.start(async () => {
      const where = { deletedAt: Not(IsNull()) };
      for (const { id } of await this.chats.find({ select: { id: true }, where })) {
        await this.purge(id);
      }
    });
  }

  /** Resolves once all that was begun is done. */
  settled(): Promise<void> {
    return this.running;
  }

  private start(work: () => Promise<void>): void {
    this.running = this.running.then(work).catch((err: unknown) => {
      this.logger.warn({ event: 'room_purge.interrupted', err }); // goes on at the next start
    });
  }

  private async purge(chatId: string): Promise<void> {
    for (let found = BATCH_SIZE; found === BATCH_SIZE;) {
      found = await this.purgeMessages(chatId);
    }
    for (let found = BATCH_SIZE; found === BATCH_SIZE;) {
      found = await this.purgeMembers(chatId);
    }
    await this.database.write((manager) => manager.delete(Chat, { id: chatId }));
    this.logger.log({ event: 'chat.purged', chat_id: chatId });
  }

  private async purgeMembers(chatId: string): Promise<number> {
    const rows = await this.members.find({ where: { chatId }, take: BATCH_SIZE });
    const userId = In(rows.map((row) => row.userId));
    await this.database.write((manager) => manager.delete(Member, { chatId, userId }));
    return rows.length;
  }

  private async purgeMessages(chatId: string): Promise<number> {
    const rows = await this.messages
      .createQueryBuilder('message')
      .select('message.id', 'id')
      .where({ chatId })
      .limit(BATCH_SIZE)
      .getRawMany<{ id: string }>();
    const ids = rows.map((row) => row.id);
    await this.database.write(async (manager) => {
      await manager.delete(Reaction, { messageId: In(ids) });
      await manager.delete(Message, { id: In(ids) });
    });
    return ids.length;
  }
}

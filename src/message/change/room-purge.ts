import { Injectable, Logger } from '@nestjs/common';
import { In, MoreThan } from 'typeorm';
import { Chat } from '../../chat/chat.entity.js';
import { endMemberships } from '../../chat/end-memberships.js';
import type { Transaction } from '../../database/transaction.js';
import { EventBus } from '../../events/event-bus.js';
import { PeriodicJob } from '../../jobs/job.js';
import { Message } from '../message.entity.js';
import { MessageParts } from '../message-parts.js';
import { Reaction } from '../reaction.entity.js';

/** On SQLite nobody else has his turn meanwhile: these take some milliseconds. */
const BATCH_SIZE = 100;

/** Clears deleted rooms away. */
@Injectable()
export class RoomPurge extends PeriodicJob {
  readonly name = 'room-purge';
  readonly everySeconds = 60;
  private readonly logger = new Logger(RoomPurge.name);

  constructor(
    bus: EventBus,
    private readonly parts: MessageParts,
  ) {
    super();
    bus.on('keys.destroyed', () => this.wake()); // a room's, it may be
  }

  async step(tx: Transaction): Promise<boolean> {
    const chat = await tx.manager.findOneBy(Chat, { deletedAt: MoreThan(new Date(0)) });
    if (!chat) return false;
    // First of all: whoever was in the room may be in another one instead.
    if ((await endMemberships(tx, chat.id, BATCH_SIZE)) > 0) return true;
    if (await this.parts.roomEnded(tx, chat.id)) return true;
    if (await purgeMessages(tx, chat.id)) return true;
    await tx.manager.delete(Chat, { id: chat.id });
    tx.onCommit(() => this.logger.log({ event: 'chat.purged', chat_id: chat.id }));
    return true;
  }
}

/** Whether there were any. */
async function purgeMessages({ manager }: Transaction, chatId: string): Promise<boolean> {
  const select = { id: true };
  const found = await manager.find(Message, { select, where: { chatId }, take: BATCH_SIZE });
  const ids = found.map(({ id }) => id);
  if (ids.length === 0) return false;
  await manager.delete(Reaction, { messageId: In(ids) });
  await manager.delete(Message, { id: In(ids) });
  return true;
}

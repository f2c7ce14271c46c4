import { Injectable, Logger } from '@nestjs/common';
import { In, IsNull, MoreThan } from 'typeorm';
import { Chat } from '../chat/chat.entity.js';
import { LockedRooms } from '../chat/locked-rooms.js';
import type { Seat } from '../chat/locked-rows.js';
import type { Transaction } from '../database/transaction.js';
import { AttachmentEnds } from '../attachment/attachment-ends.js';
import { EventBus } from '../events/event-bus.js';
import type { RoomEvent } from '../events/events.js';
import { PeriodicJob } from '../jobs/job.js';
import { messageEvent, reactionEvent } from '../message/message-events.js';
import { goneAt } from '../message/message-times.js';
import { Message } from '../message/message.entity.js';
import { MessageParts } from '../message/message-parts.js';
import { MessageRepository } from '../message/read/message.repository.js';
import { Reaction } from '../message/reaction.entity.js';
import { counted } from '../message/change/reaction.service.js';
import { User } from '../user/user.entity.js';
import { UserService } from '../user/user.service.js';

/** On SQLite nobody else has his turn meanwhile: these take some milliseconds. */
const BATCH_SIZE = 25;
const ROOMS_PER_LOOK = 100;
const FIRST = '00000000-0000-0000-0000-000000000000';
/** As the index has it: SQLite takes no `NOT (… IS NULL)` for it. */
const UNFINISHED = { erasedAt: MoreThan(new Date(0)), clearedAt: IsNull() };
/** All that is shown of a message but its text, which need not be opened to be deleted. */
const SEALED = {
  id: true,
  chatId: true,
  seq: true,
  change: true,
  senderId: true,
  replyTo: true,
  attachmentCount: true,
  createdAt: true,
  editedAt: true,
  deletedAt: true,
};

/**
 * Writes what an erasure means into every row: tombstones for the user's messages, their reactions
 * taken back, each with the room's next `change`, so that every replica learns it.
 */
@Injectable()
export class ErasureTask extends PeriodicJob {
  readonly name = 'erasure';
  readonly everySeconds = 60;
  private readonly logger = new Logger(ErasureTask.name);
  /** The rooms up to here hold nothing any more of the user who is being cleared away. */
  private searched = { userId: '', upTo: FIRST };

  constructor(
    private readonly users: UserService,
    private readonly messages: MessageRepository,
    private readonly parts: MessageParts,
    private readonly ends: AttachmentEnds,
    private readonly bus: EventBus,
  ) {
    super();
    bus.on('keys.destroyed', () => this.wake()); // a user's, it may be
  }

  async step(tx: Transaction): Promise<boolean> {
    const user = await tx.manager.findOneBy(User, UNFINISHED);
    if (!user) return false;
    if (await this.clearRooms(tx, user)) return true;
    if (await this.clearReactions(tx, user.id)) return true;
    if (await this.ends.endOfUser(tx, user.id)) return true; // those that were never sent
    await tx.manager.update(User, user.id, { clearedAt: new Date() });
    tx.onCommit(() => this.logger.log({ event: 'erasure.finished', user_id: user.id }));
    return true;
  }

  /** Some of the messages in the next rooms; false when there are no more rooms. */
  private async clearRooms(tx: Transaction, user: User): Promise<boolean> {
    if (this.searched.userId !== user.id) this.searched = { userId: user.id, upTo: FIRST };
    const chats = await tx.manager.find(Chat, {
      select: { id: true },
      where: { deletedAt: IsNull(), id: MoreThan(this.searched.upTo) },
      order: { id: 'ASC' },
      take: ROOMS_PER_LOOK,
    });
    const ids = chats.map((chat) => chat.id);
    if (ids.length === 0) return false;
    // Nobody writes into them any more who has been erased: there are no further ones to come.
    if (!(await this.clearMessages(tx, user, ids))) this.searched.upTo = ids[ids.length - 1];
    return true;
  }

  /** False when there was nothing left to do. */
  private async clearMessages(tx: Transaction, sender: User, rooms: string[]): Promise<boolean> {
    const mine = { senderId: sender.id, chatId: In(rooms), deletedAt: IsNull() };
    const select = { id: true, chatId: true };
    const found = await tx.manager.find(Message, { select, where: mine, take: BATCH_SIZE });
    if (found.length === 0) return false;
    const events: RoomEvent[] = [];
    const locked = await LockedRooms.lock(tx, seatsOf(found, sender.id));
    const where = { id: In(found.map(({ id }) => id)), deletedAt: IsNull() };
    const left = await tx.manager.find(Message, { select: SEALED, where, order: { id: 'ASC' } });
    for (const message of left) {
      const chat = locked.find(message.chatId);
      if (!chat) continue;
      const deletedAt = goneAt(message, sender);
      const gone = { clientId: null, ciphertext: null, reactions: [], deletedAt };
      const change = locked.changeForTombstone(chat, message.seq);
      await tx.manager.update(Message, message.id, { ...gone, change });
      await tx.manager.delete(Reaction, { messageId: message.id });
      events.push(messageEvent('message.deleted', { ...message, ...gone, change }, sender));
    }
    await this.parts.changed(tx, 'erased', left);
    locked.save();
    tx.onCommit(() => this.bus.announce(events));
    return true;
  }

  /** The same. */
  private async clearReactions(tx: Transaction, userId: string): Promise<boolean> {
    const found = await tx.manager.find(Reaction, { where: { userId }, take: BATCH_SIZE });
    if (found.length === 0) return false;
    const events: RoomEvent[] = [];
    const locked = await LockedRooms.lock(tx, seatsOf(found, userId));
    for (const { messageId, emoji } of found) {
      const { affected } = await tx.manager.delete(Reaction, { messageId, userId, emoji });
      const message = await this.messages.find(messageId, tx);
      const chat = message && locked.find(message.chatId);
      if (!affected || !chat) continue;
      message.reactions = counted(message.reactions ?? [], emoji, -1);
      message.change = locked.changeAnyway(chat);
      const { reactions, change } = message;
      await tx.manager.update(Message, messageId, { reactions, change });
      const sender = (await this.users.byId([message.senderId], tx)).get(message.senderId)!;
      events.push(reactionEvent(message, sender, { userId, emoji, added: false }));
    }
    locked.save();
    tx.onCommit(() => this.bus.announce(events));
    return true;
  }
}

function seatsOf(rows: { chatId: string }[], userId: string): Seat[] {
  return [...new Set(rows.map((row) => row.chatId))].map((chatId) => ({ chatId, userId }));
}

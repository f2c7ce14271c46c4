import { Injectable } from '@nestjs/common';
import type { AuthUser } from '../../http/current-user.js';
import { LockedMessages, type LockedMessage } from './locked-message.js';
import { goneAt } from '../message-times.js';
import { reactionEvent } from '../message-events.js';
import { Message, type ReactionCount } from '../message.entity.js';
import { MessageDeletedError, TooManyReactionsError } from '../message.errors.js';
import { Reaction } from '../reaction.entity.js';

/** Different ones on one message. */
const MOST_EMOJIS = 50;

@Injectable()
export class ReactionService {
  constructor(private readonly messages: LockedMessages) {}

  /**
   * Adds the caller's reaction; in a public room the first one joins. To repeat it changes nothing.
   *
   * @throws MessageNotFoundError, MessageDeletedError, TooManyReactionsError
   */
  add(user: AuthUser, messageId: string, emoji: string): Promise<void> {
    return this.messages.change(user.id, messageId, async (locked) => {
      const { tx, rooms, chat, message, sender } = locked;
      if (goneAt(message, sender)) throw new MessageDeletedError();
      const row = { messageId, userId: user.id, emoji };
      if (await tx.manager.existsBy(Reaction, row)) return;
      requireRoomFor(emoji, message);
      await rooms.lockNewcomers([{ chatId: chat.id, userId: user.id }]);
      rooms.memberOrJoin(chat, user.id, new Date());
      await tx.manager.insert(Reaction, { ...row, chatId: chat.id });
      await count(locked, user.id, emoji, 1);
    });
  }

  /** Takes the caller's reaction back. @throws MessageNotFoundError */
  remove(user: AuthUser, messageId: string, emoji: string): Promise<void> {
    return this.messages.change(user.id, messageId, async (locked) => {
      const row = { messageId, userId: user.id, emoji };
      const { affected } = await locked.tx.manager.delete(Reaction, row);
      if (affected) await count(locked, user.id, emoji, -1);
    });
  }
}

/** More of what a message bears already may always come. */
function requireRoomFor(emoji: string, { reactions }: Message): void {
  if (!reactions || reactions.length < MOST_EMOJIS) return;
  if (!reactions.some((reaction) => reaction.emoji === emoji)) throw new TooManyReactionsError();
}

async function count(
  { tx, rooms, chat, message, sender, events }: LockedMessage,
  userId: string,
  emoji: string,
  by: 1 | -1,
): Promise<void> {
  message.reactions = counted(message.reactions ?? [], emoji, by);
  message.change = rooms.change(chat);
  const { reactions, change } = message;
  await tx.manager.update(Message, message.id, { reactions, change });
  events.push(reactionEvent(message, sender, { userId, emoji, added: by === 1 }));
}

/** In the order in which they were first given. */
export function counted(reactions: ReactionCount[], emoji: string, by: 1 | -1): ReactionCount[] {
  const known = reactions.some((reaction) => reaction.emoji === emoji);
  const all = known ? reactions : [...reactions, { emoji, count: 0 }];
  return all
    .map((reaction) =>
      reaction.emoji === emoji ? { emoji, count: reaction.count + by } : reaction,
    )
    .filter((reaction) => reaction.count > 0);
}

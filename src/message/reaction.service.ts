import { Injectable } from '@nestjs/common';
import type { AuthUser } from '../common/current-user.js';
import { UserService } from '../user/user.service.js';
import { LockedMessages, type LockedMessage } from './locked-message.js';
import { reactionEvent } from './message-events.js';
import { Message, type ReactionCount } from './message.entity.js';
import { MessageDeletedError } from './message.errors.js';
import { Reaction } from './reaction.entity.js';

@Injectable()
export class ReactionService {
  constructor(
    private readonly messages: LockedMessages,
    private readonly users: UserService,
  ) {}

  /**
   * Adds the caller's reaction; in a public room the first one joins. To repeat it changes nothing.
   *
   * @throws MessageNotFoundError, MessageDeletedError
   */
  add(user: AuthUser, messageId: string, emoji: string): Promise<void> {
    return this.messages.change(user.id, messageId, async (locked) => {
      const { manager, rooms, chat, message } = locked;
      if (message.deletedAt) throw new MessageDeletedError();
      const row = { messageId, userId: user.id, emoji };
      if (await manager.existsBy(Reaction, row)) return;
      await this.users.requireActive(manager, user.id);
      rooms.memberOrJoin(chat, user.id, new Date());
      await manager.insert(Reaction, { ...row, chatId: chat.id });
      await count(locked, user.id, emoji, 1);
    });
  }

  /** Takes the caller's reaction back. @throws MessageNotFoundError */
  remove(user: AuthUser, messageId: string, emoji: string): Promise<void> {
    return this.messages.change(user.id, messageId, async (locked) => {
      const row = { messageId, userId: user.id, emoji };
      const { affected } = await locked.manager.delete(Reaction, row);
      if (affected) await count(locked, user.id, emoji, -1);
    });
  }
}

async function count(
  { manager, rooms, chat, message, sender, events }: LockedMessage,
  userId: string,
  emoji: string,
  by: 1 | -1,
): Promise<void> {
  message.reactions = counted(message.reactions ?? [], emoji, by);
  message.change = rooms.change(chat);
  const { reactions, change } = message;
  await manager.update(Message, message.id, { reactions, change });
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

import { Injectable } from '@nestjs/common';
import { NotAllowedError } from '../chat/chat.errors.js';
import { may } from '../chat/policy.js';
import type { AuthUser } from '../common/current-user.js';
import { UserService } from '../user/user.service.js';
import { LockedMessages } from './locked-message.js';
import { messageEvent } from './message-events.js';
import { MessageViews } from './message-views.js';
import type { MessageDto } from './message.dto.js';
import { MessageDeletedError } from './message.errors.js';
import { Reaction } from './reaction.entity.js';

@Injectable()
export class MessageEditor {
  constructor(
    private readonly messages: LockedMessages,
    private readonly users: UserService,
    private readonly views: MessageViews,
  ) {}

  /**
   * Gives a message another text, sealed anew. The same text changes nothing.
   *
   * @throws MessageNotFoundError, NotAllowedError, MessageDeletedError
   */
  async edit(user: AuthUser, id: string, text: string): Promise<MessageDto> {
    const edited = await this.messages.change(user.id, id, async (locked) => {
      const { manager, rooms, chat, message, sender, events } = locked;
      if (message.senderId !== user.id)
        throw new NotAllowedError('Only its sender edits a message.');
      if (message.deletedAt) throw new MessageDeletedError();
      if (message.body === text) return message;
      await this.users.requireActive(manager, user.id); // their key is there till the end
      message.body = text;
      delete message.unreadable;
      message.editedAt = new Date();
      message.change = rooms.change(chat);
      await manager.save(message);
      events.push(messageEvent('message.updated', message, sender));
      return message;
    });
    return this.views.one(user.id, edited);
  }

  /**
   * Deletes a message: its tombstone stays, its ciphertext and reactions go. To repeat it changes
   * nothing.
   *
   * @throws MessageNotFoundError, NotAllowedError
   */
  delete(user: AuthUser, id: string): Promise<void> {
    return this.messages.change(user.id, id, async (locked) => {
      const { manager, rooms, chat, caller, message, sender, events } = locked;
      const mayDeleteAny = may(caller?.role ?? null, 'deleteAnyMessage', chat.visibility);
      if (message.senderId !== user.id && !mayDeleteAny) throw new NotAllowedError();
      if (message.deletedAt) return;
      message.body = null;
      message.ciphertext = null;
      message.reactions = [];
      message.deletedAt = new Date();
      message.change = rooms.change(chat);
      await manager.save(message);
      await manager.delete(Reaction, { messageId: id });
      events.push(messageEvent('message.deleted', message, sender));
    });
  }
}

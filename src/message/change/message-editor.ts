import { Injectable } from '@nestjs/common';
import { NotAllowedError } from '../../chat/chat.errors.js';
import { may } from '../../chat/policy.js';
import type { AuthUser } from '../../http/current-user.js';
import { noteGone } from '../../database/gone.js';
import { pipelined } from '../../database/pipelined.js';
import { LockedMessages } from './locked-message.js';
import { messageEvent } from '../message-events.js';
import { goneAt, timeOfChange } from '../message-times.js';
import { MessageViews } from '../read/message-views.js';
import { MessageParts } from '../message-parts.js';
import type { MessageDto } from '../message.dto.js';
import { MessageDeletedError, NoTextError } from '../message.errors.js';
import { Reaction } from '../reaction.entity.js';

@Injectable()
export class MessageEditor {
  constructor(
    private readonly messages: LockedMessages,
    private readonly views: MessageViews,
    private readonly parts: MessageParts,
  ) {}

  /**
   * Gives a message another text, sealed anew. The same text changes nothing.
   *
   * @throws MessageNotFoundError, NotAllowedError, MessageDeletedError, NoTextError
   */
  async edit(user: AuthUser, id: string, text: string): Promise<MessageDto> {
    const { message, sender } = await this.messages.change(user.id, id, async (locked) => {
      const { tx, rooms, chat, message, sender, events } = locked;
      if (message.senderId !== user.id)
        throw new NotAllowedError('Only its sender edits a message.');
      if (message.deletedAt) throw new MessageDeletedError();
      if (text === '' && message.attachmentCount === 0) throw new NoTextError();
      if (message.body === text) return { message, sender };
      message.body = text;
      delete message.unreadable;
      delete message.failure;
      message.editedAt = timeOfChange(message);
      message.change = rooms.change(chat);
      await tx.manager.save(message);
      await noteGone(tx, 'text', [id]);
      await this.parts.changed(tx, 'edited', [message]);
      events.push(messageEvent('message.updated', message, sender));
      return { message, sender };
    });
    return this.views.one(user.id, message, sender);
  }

  /**
   * Deletes a message: its tombstone stays, its ciphertext and reactions go. To repeat it changes
   * nothing.
   *
   * @throws MessageNotFoundError, NotAllowedError
   */
  delete(user: AuthUser, id: string): Promise<void> {
    return this.messages.change(user.id, id, async (locked) => {
      const { tx, rooms, chat, caller, message, sender, events } = locked;
      const mayDeleteAny = may(caller?.role ?? null, 'deleteAnyMessage', chat.visibility);
      if (message.senderId !== user.id && !mayDeleteAny) throw new NotAllowedError();
      if (goneAt(message, sender)) return; // where an erasure has still to write it, it will
      message.body = null;
      message.clientId = null;
      message.ciphertext = null;
      message.reactions = [];
      message.deletedAt = timeOfChange(message);
      message.change = rooms.changeForTombstone(chat, message.seq);
      await tx.manager.save(message);
      await this.parts.changed(tx, 'deleted', [message]);
      await pipelined([tx.manager.delete(Reaction, { messageId: id }), noteGone(tx, 'text', [id])]);
      events.push(messageEvent('message.deleted', message, sender));
    });
  }
}

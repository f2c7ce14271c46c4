import { Injectable } from '@nestjs/common';
import { type ChatUpdatedDto, SharedChatDto } from '../chat/chat-event.dto.js';
import type { Chat } from '../chat/chat.entity.js';
import { ChatService } from '../chat/chat.service.js';
import type { AuthUser } from '../common/current-user.js';
import type { RoomEvent } from '../events/events.js';
import type { MessageChangedDto, SharedMessageDto } from '../message/message-event.dto.js';
import { MessageRepository } from '../message/message.repository.js';
import { MessageViews } from '../message/message-views.js';

const PAGE_SIZE = 100;

/** An event, and the change that its hearer has the room up to once they have it. */
export type ReplayedEvent = RoomEvent & { place: number };

/** What happened in a room since a change, from the database. */
@Injectable()
export class RoomReplay {
  constructor(
    private readonly chats: ChatService,
    private readonly messages: MessageRepository,
    private readonly views: MessageViews,
  ) {}

  /** @throws ChatNotFoundError, NotAMemberError */
  async chat(user: AuthUser, chatId: string): Promise<Chat> {
    return (await this.chats.requireMember(user.id, chatId)).chat;
  }

  /**
   * Each message that changed since, once and as it stands now, and then the room, if anything has
   * happened at all.
   *
   * @throws ChatNotFoundError, NotAMemberError
   */
  async *since(user: AuthUser, chatId: string, after: number): AsyncGenerator<ReplayedEvent> {
    const chat = await this.chat(user, chatId); // first: what changes meanwhile comes next time
    const upTo = chat.lastChange;
    for (let [from, more] = [after, upTo > after]; more;) {
      const page = await this.messages.changed({ chatId, after: from, upTo, limit: PAGE_SIZE });
      const views = await this.views.shared(page.data);
      for (const message of views) {
        const { change } = message;
        const payload: MessageChangedDto = { chat_id: chatId, change, message };
        const place = Math.min(change, upTo - 1); // who loses the room's own event gets it again
        yield { type: 'room.event', name: eventName(message), chatId, change, payload, place };
        from = change;
      }
      more = page.has_more;
    }
    if (upTo === after) return;
    const payload: ChatUpdatedDto = { chat_id: chatId, change: upTo, chat: SharedChatDto.of(chat) };
    yield { type: 'room.event', name: 'chat.updated', chatId, change: upTo, payload, place: upTo };
  }
}

/** What became of a message: of its changes only the last one is known. */
function eventName({ deleted_at, edited_at, reactions }: SharedMessageDto): RoomEvent['name'] {
  if (deleted_at !== null) return 'message.deleted';
  return edited_at !== null || reactions.length > 0 ? 'message.updated' : 'message.created';
}

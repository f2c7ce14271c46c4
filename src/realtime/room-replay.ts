import { Injectable } from '@nestjs/common';
import type { ChatUpdatedDto, ReadChangedDto } from '../chat/chat-event.dto.js';
import { chatUpdated } from '../chat/chat-events.js';
import type { Chat } from '../chat/chat.entity.js';
import { ChatService } from '../chat/chat.service.js';
import type { AuthUser } from '../http/current-user.js';
import { type Cursor, History, isUndone } from '../database/history.js';
import type { MessageChangedDto, SharedMessageDto } from '../message/message-event.dto.js';
import { MessageRepository } from '../message/read/message.repository.js';
import { MessageViews } from '../message/read/message-views.js';
import type { ResetDto } from './realtime-event.dto.js';

const PAGE_SIZE = 100;

/** An event, and the change that its hearer has the room up to once they have it. */
export interface ReplayedEvent {
  payload: MessageChangedDto | ChatUpdatedDto | ReadChangedDto | ResetDto;
  /** None for what stands outside of the order. */
  place?: number;
}

/** What happened in a room since a change, from the database. */
@Injectable()
export class RoomReplay {
  constructor(
    private readonly chats: ChatService,
    private readonly messages: MessageRepository,
    private readonly views: MessageViews,
    private readonly history: History,
  ) {}

  /**
   * How far the room has come.
   *
   * @throws ChatNotFoundError, NotAMemberError
   */
  async now(user: AuthUser, chatId: string): Promise<Required<Cursor>> {
    const { chat, history } = await this.look(user, chatId);
    return { change: chat.lastChange, history };
  }

  /**
   * Each message that changed since, once and as it stands now, and then the room, if anything has
   * happened at all; `reset` alone, where what the hearer has of the room is undone.
   *
   * @throws ChatNotFoundError, NotAMemberError
   */
  async *since(user: AuthUser, chatId: string, cursor: Cursor): AsyncGenerator<ReplayedEvent> {
    const { chat, history } = await this.look(user, chatId); // first: what changes meanwhile comes next time
    const upTo = chat.lastChange;
    if (isUndone(cursor, { change: upTo, history })) {
      const payload: ResetDto = { type: 'reset', chat_id: chatId, change: upTo, history };
      yield { payload, place: upTo };
      return;
    }
    if (upTo === cursor.change) return;
    for (let [after, more] = [cursor.change, true]; more;) {
      const page = await this.messages.changed(user.id, { chatId, after, upTo, limit: PAGE_SIZE });
      const views = await this.views.shared(page.data);
      for (const message of views) {
        const { change } = message;
        const type = eventName(message);
        const payload: MessageChangedDto = { type, chat_id: chatId, change, message };
        yield { payload, place: Math.min(change, upTo - 1) }; // who loses the room's own event gets it again
        after = change;
      }
      more = page.has_more;
    }
    yield { payload: chatUpdated(chat), place: upTo };
  }

  /**
   * The same, and then how far the hearer has read, of which news may have been missed too.
   *
   * @throws ChatNotFoundError, NotAMemberError
   */
  async *all(user: AuthUser, chatId: string, cursor: Cursor): AsyncGenerator<ReplayedEvent> {
    for await (const event of this.since(user, chatId, cursor)) {
      yield event;
      if (event.payload.type === 'reset') return;
    }
    yield { payload: await this.ownMarker(user, chatId) };
  }

  private async ownMarker(user: AuthUser, chatId: string): Promise<ReadChangedDto> {
    const { read_seq, unread_count } = await this.chats.requireMarker(user.id, chatId);
    return { type: 'read.changed', chat_id: chatId, user_id: user.id, read_seq, unread_count };
  }

  private async look(user: AuthUser, chatId: string): Promise<{ chat: Chat; history: string }> {
    const [history, { chat }] = await Promise.all([
      this.history.current(),
      this.chats.requireMember(user.id, chatId),
    ]);
    return { chat, history };
  }
}

/** What became of a message: of its changes only the last one is known. */
function eventName({
  deleted_at,
  edited_at,
  reactions,
}: SharedMessageDto): MessageChangedDto['type'] {
  if (deleted_at !== null) return 'message.deleted';
  return edited_at !== null || reactions.length > 0 ? 'message.updated' : 'message.created';
}

import { Injectable } from '@nestjs/common';
import { ChatService } from '../../chat/chat.service.js';
import { ChatNotFoundError } from '../../chat/chat.errors.js';
import type { AuthUser } from '../../http/current-user.js';
import { InvalidInputError } from '../../common/errors.js';
import { type Cursor, History, isUndone } from '../../database/history.js';
import { MessageViews } from './message-views.js';
import type { MessageDto, MessagePageDto, MessageQuery } from '../message.dto.js';
import { MessageNotFoundError } from '../message.errors.js';
import { MessageRepository } from './message.repository.js';

@Injectable()
export class MessageService {
  constructor(
    private readonly messages: MessageRepository,
    private readonly chats: ChatService,
    private readonly views: MessageViews,
    private readonly history: History,
  ) {}

  async list(user: AuthUser, query: MessageQuery): Promise<MessagePageDto> {
    requireOneDirection(query);
    const { changed_after: change, history, ids } = query;
    if (ids) return this.some(user, query.chat_id, ids);
    if (change !== undefined) return this.changes(user, query, { change, history });
    const [found, senders] = await Promise.all([
      this.messages.page(user.id, query),
      this.views.expectedSenders(query.chat_id),
    ]);
    let page = found;
    if (page.data.length === 0) {
      await this.chats.requireReader(user.id, query.chat_id);
      page = await this.messages.page(user.id, query); // who may read it only now, reads it
    }
    const { data, has_more } = page;
    return { data: await this.views.many(user.id, data, senders), has_more };
  }

  private async some(user: AuthUser, chatId: string, ids: string[]): Promise<MessagePageDto> {
    await this.chats.requireReader(user.id, chatId);
    const { data, has_more } = await this.messages.some(user.id, chatId, ids);
    return { data: await this.views.many(user.id, data), has_more };
  }

  /** The room is read first: what changes meanwhile has a higher `change`, and comes next time. */
  private async changes(
    user: AuthUser,
    { chat_id: chatId, limit }: MessageQuery,
    cursor: Cursor,
  ): Promise<MessagePageDto> {
    const [history, { chat }] = await Promise.all([
      this.history.current(),
      this.chats.requireReader(user.id, chatId),
    ]);
    const { lastChange } = chat;
    const isReset = isUndone(cursor, { change: lastChange, history });
    const after = isReset ? 0 : cursor.change;
    const { data, has_more } = await this.messages.changed(user.id, {
      chatId,
      after,
      upTo: lastChange,
      limit,
    });
    const change = has_more ? data[data.length - 1].change : lastChange;
    const views = await this.views.many(user.id, data);
    return { data: views, has_more, change, history, ...(isReset && { reset: true }) };
  }

  /** @throws MessageNotFoundError also for a message of a room that the user may not read */
  async get(user: AuthUser, id: string): Promise<MessageDto> {
    const message = await this.messages.find(id);
    if (!message) throw new MessageNotFoundError();
    await this.chats.requireReader(user.id, message.chatId).catch((error: unknown) => {
      throw error instanceof ChatNotFoundError ? new MessageNotFoundError() : error;
    });
    return this.views.one(user.id, message);
  }
}

function requireOneDirection(query: MessageQuery): void {
  const { before, after, changed_after, history, ids } = query;
  if (history !== undefined && changed_after === undefined) {
    const messages = ['history is for changed_after alone'];
    throw new InvalidInputError([{ field: 'history', messages }]);
  }
  const given = Object.entries({ before, after, changed_after, ids }).filter(
    ([, value]) => value !== undefined,
  );
  if (given.length < 2) return;
  const messages = ['before, after, changed_after and ids cannot be given together'];
  throw new InvalidInputError([{ field: given[0][0], messages }]);
}

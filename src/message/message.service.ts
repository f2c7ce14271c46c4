import { Injectable } from '@nestjs/common';
import { ChatService } from '../chat/chat.service.js';
import { ChatNotFoundError } from '../chat/chat.errors.js';
import type { AuthUser } from '../common/current-user.js';
import { InvalidInputError } from '../common/errors.js';
import { newId } from '../common/ids.js';
import { OwnerKeys } from '../encryption/owner-keys.js';
import { MessageViews } from './message-views.js';
import {
  MessageDto,
  type MessagePageDto,
  type MessageQuery,
  type SendMessageDto,
} from './message.dto.js';
import { MessageNotFoundError } from './message.errors.js';
import { MessageRepository } from './message.repository.js';
import { MessageWriter } from './message.writer.js';

export interface Sent {
  message: MessageDto;
  isRepeat: boolean;
}

@Injectable()
export class MessageService {
  constructor(
    private readonly messages: MessageRepository,
    private readonly writer: MessageWriter,
    private readonly chats: ChatService,
    private readonly views: MessageViews,
    private readonly keys: OwnerKeys,
  ) {}

  async send(user: AuthUser, dto: SendMessageDto): Promise<Sent> {
    await this.keys.preload([dto.chatid, user.id]); // so that the transaction waits for no key
    const { message, sender, isRepeat } = await this.writer.append({
      id: newId(),
      chatId: dto.chatid,
      senderId: user.id,
      clientId: dto.client_id ?? null,
      replyTo: dto.reply_to ?? null,
      body: dto.message,
    });
    return { message: await this.views.one(user.id, message, sender), isRepeat };
  }

  async list(user: AuthUser, query: MessageQuery): Promise<MessagePageDto> {
    requireOneDirection(query);
    if (query.changed_after !== undefined) return this.changes(user, query, query.changed_after);
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

  /** The room is read first: what changes meanwhile has a higher `change`, and comes next time. */
  private async changes(
    user: AuthUser,
    { chat_id: chatId, limit }: MessageQuery,
    after: number,
  ): Promise<MessagePageDto> {
    const { chat } = await this.chats.requireReader(user.id, chatId);
    const { lastChange } = chat;
    const range = { chatId, after, upTo: lastChange, limit };
    const { data, has_more } = await this.messages.changed(range);
    const change = has_more ? data[data.length - 1].change : lastChange;
    return { data: await this.views.many(user.id, data), has_more, change };
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

function requireOneDirection({ before, after, changed_after }: MessageQuery): void {
  const given = Object.entries({ before, after, changed_after }).filter(
    ([, value]) => value !== undefined,
  );
  if (given.length < 2) return;
  const messages = ['before, after and changed_after cannot be given together'];
  throw new InvalidInputError([{ field: given[0][0], messages }]);
}

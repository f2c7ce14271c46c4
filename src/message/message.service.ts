import { Injectable } from '@nestjs/common';
import { ChatService } from '../chat/chat.service.js';
import { ChatNotFoundError } from '../chat/chat.errors.js';
import type { AuthUser } from '../common/current-user.js';
import { InvalidInputError } from '../common/errors.js';
import { newId } from '../common/ids.js';
import { OwnerKeys } from '../encryption/owner-keys.js';
import { UserService } from '../user/user.service.js';
import { MessageDto, MessagePageDto, MessageQuery, SendMessageDto } from './message.dto.js';
import type { Message } from './message.entity.js';
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
    private readonly users: UserService,
    private readonly keys: OwnerKeys,
  ) {}

  async send(user: AuthUser, dto: SendMessageDto): Promise<Sent> {
    await this.keys.preload([dto.chatid, user.id]); // so that the transaction waits for no key
    const { message, isRepeat } = await this.writer.append({
      id: newId(),
      chatId: dto.chatid,
      senderId: user.id,
      clientId: dto.client_id ?? null,
      body: dto.message,
    });
    const [view] = await this.views([message]);
    return { message: view, isRepeat };
  }

  async list(user: AuthUser, query: MessageQuery): Promise<MessagePageDto> {
    if (query.before !== undefined && query.after !== undefined) {
      const messages = ['before and after cannot be given together'];
      throw new InvalidInputError([{ field: 'before', messages }]);
    }
    await this.chats.requireReader(user.id, query.chat_id);
    const { data, has_more } = await this.messages.page(query);
    return { data: await this.views(data), has_more };
  }

  /** @throws MessageNotFoundError also for a message of a room that the user may not read */
  async get(user: AuthUser, id: string): Promise<MessageDto> {
    const message = await this.messages.find(id);
    if (!message) throw new MessageNotFoundError();
    await this.chats.requireReader(user.id, message.chatId).catch((error: unknown) => {
      throw error instanceof ChatNotFoundError ? new MessageNotFoundError() : error;
    });
    const [view] = await this.views([message]);
    return view;
  }

  private async views(messages: Message[]): Promise<MessageDto[]> {
    const senders = await this.users.profiles(messages.map((message) => message.senderId));
    return messages.map((message) => MessageDto.of(message, senders.get(message.senderId)!));
  }
}

import { Injectable, Logger } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, Repository } from 'typeorm';
import type { User } from '../user/user.entity.js';
import { UserService } from '../user/user.service.js';
import { MessageDto } from './message.dto.js';
import { SharedMessageDto } from './message-event.dto.js';
import type { Message } from './message.entity.js';
import { Reaction } from './reaction.entity.js';

/** Messages as one user sees them: with their senders, and with that user's own reactions. */
@Injectable()
export class MessageViews {
  private readonly logger = new Logger(MessageViews.name);
  /** How many were met that do not open, since the start. */
  unreadable = 0;

  constructor(
    @InjectRepository(Reaction) private readonly reactions: Repository<Reaction>,
    private readonly users: UserService,
  ) {}

  async one(userId: string, message: Message, sender?: User): Promise<MessageDto> {
    const [view] = await this.many(userId, [message], sender && new Map([[sender.id, sender]]));
    return view;
  }

  /** @param known the senders, where they were read along with the messages */
  async many(
    userId: string,
    messages: Message[],
    known?: Map<string, User>,
  ): Promise<MessageDto[]> {
    const [senders, own] = await Promise.all([
      known ?? this.sendersOf(messages),
      this.ownReactions(userId, messages),
    ]);
    return messages.map((message) =>
      MessageDto.of(message, senders.get(message.senderId)!, own.get(message.id) ?? []),
    );
  }

  /** The same for everyone. */
  async shared(messages: Message[]): Promise<SharedMessageDto[]> {
    const senders = await this.sendersOf(messages);
    return messages.map((message) => SharedMessageDto.of(message, senders.get(message.senderId)!));
  }

  private async sendersOf(messages: Message[]): Promise<Map<string, User>> {
    const senders = await this.users.byId(messages.map((message) => message.senderId));
    for (const message of messages) {
      if (message.unreadable && !senders.get(message.senderId)!.erasedAt) this.report(message);
    }
    return senders;
  }

  private report({ id, chatId }: Message): void {
    this.unreadable++;
    this.logger.error({ event: 'message.unreadable', message_id: id, chat_id: chatId });
  }

  private async ownReactions(userId: string, messages: Message[]): Promise<Map<string, string[]>> {
    const ids = messages.filter(({ reactions }) => reactions?.length).map(({ id }) => id);
    const own = new Map<string, string[]>();
    if (ids.length === 0) return own;
    for (const row of await this.reactions.findBy({ messageId: In(ids), userId })) {
      own.set(row.messageId, [...(own.get(row.messageId) ?? []), row.emoji]);
    }
    return own;
  }
}

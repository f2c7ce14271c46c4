import { Injectable } from '@nestjs/common';
import { ChatViews, type ReadChats } from '../chat/chat-views.js';
import { inSlices, partsOf } from '../common/slices.js';
import { messageJson } from '../message/message-cache.js';
import type { Message } from '../message/message.entity.js';
import { MessageSealer } from '../message/message-sealer.js';
import { MessageViews } from '../message/read/message-views.js';
import { UserService } from '../user/user.service.js';
import type { SyncedDto } from './sync.dto.js';
import type { SyncPage } from './sync-page.js';

/** How many are built without a pause. */
const CHATS = 50;
const MESSAGES = 25;

/** What is known of an answer before anything is opened. */
export type SyncHead = Omit<SyncedDto, 'chats' | 'messages'>;

/** Opens what was read, and makes the answer's JSON, letting others in between. */
@Injectable()
export class SyncText {
  constructor(
    private readonly sealer: MessageSealer,
    private readonly chatViews: ChatViews,
    private readonly messageViews: MessageViews,
    private readonly users: UserService,
  ) {}

  /** JSON of a `SyncedDto`. */
  async of(userId: string, head: SyncHead, { chats, messages }: SyncPage): Promise<string> {
    const { rooms, reads, ...others } = head;
    const [roomsText, readsText] = await inSlices([rooms, reads], (value) => JSON.stringify(value));
    const chatTexts = await this.ofChats(userId, chats);
    const messageTexts = await this.ofMessages(userId, messages);
    const long = `"rooms":${roomsText},"reads":${readsText},"chats":[${chatTexts.join()}],"messages":[${messageTexts.join()}]`;
    return `{${long},${JSON.stringify(others).slice(1)}`;
  }

  private async ofChats(userId: string, { seen, last }: ReadChats): Promise<string[]> {
    const byRoom = new Map(last.map((message) => [message.chatId, message]));
    const texts = await inSlices(partsOf(seen, CHATS), async (part) => {
      const views = await this.chatViews.show(userId, {
        seen: part,
        last: part.flatMap(({ chat }) => byRoom.get(chat.id) ?? []),
      });
      return views.map((view) => JSON.stringify(view));
    });
    return texts.flat();
  }

  private async ofMessages(userId: string, messages: Message[]): Promise<string[]> {
    const senderIds = new Set(messages.map(({ senderId }) => senderId));
    const senders = await this.users.byId([...senderIds]);
    const texts = await inSlices(partsOf(messages, MESSAGES), async (part) => {
      await this.sealer.openAll(part);
      return (await this.messageViews.many(userId, part, senders)).map(messageJson);
    });
    return texts.flat();
  }
}

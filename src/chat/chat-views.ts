import { Injectable } from '@nestjs/common';
import { TextBudget } from '../common/text-budget.js';
import type { Reads } from '../database/transaction.js';
import { UserService } from '../user/user.service.js';
import { ChatDto } from './chat.dto.js';
import type { ChatSeen } from './chat.repository.js';
import { LastMessages, type StoredMessage } from './last-messages.js';

/** Rooms, and what was said in them last, as it is stored. */
export interface ReadChats {
  seen: ChatSeen[];
  last: StoredMessage[];
}

/** Rooms as their members see them, with what was said last, direct ones with the other user. */
@Injectable()
export class ChatViews {
  constructor(
    private readonly users: UserService,
    private readonly lastMessages: LastMessages,
  ) {}

  async one(userId: string, seen: ChatSeen): Promise<ChatDto> {
    const [view] = await this.show(userId, await this.read([seen]));
    return view;
  }

  /** Reads what was said last: of all these rooms, or of the first until its text fills the answer. */
  async read(seen: ChatSeen[], budget = new TextBudget(), reads?: Reads): Promise<ReadChats> {
    const chats = seen.map(({ chat }) => chat);
    const last = await this.lastMessages.read(chats, budget, reads);
    if (!budget.isSpent) return { seen, last };
    const end = chats.findIndex(({ id }) => id === last.at(-1)?.chatId);
    return { seen: seen.slice(0, end + 1), last };
  }

  async show(userId: string, { seen, last }: ReadChats): Promise<ChatDto[]> {
    const [peers, messages] = await Promise.all([
      this.users.profiles(seen.flatMap((one) => peerIdOf(one) ?? [])),
      this.lastMessages.show(userId, last),
    ]);
    return seen.map((one) =>
      ChatDto.of(one, messages.get(one.chat.id) ?? null, peers.get(peerIdOf(one) ?? '')),
    );
  }
}

/** Of a direct room, the one of the two who does not look at it. */
function peerIdOf({ chat, member }: ChatSeen): string | undefined {
  return chat.directKey?.split(' ').find((id) => id !== member?.userId);
}

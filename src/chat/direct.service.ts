import { Injectable } from '@nestjs/common';
import type { AuthUser } from '../common/current-user.js';
import { Database } from '../database/database.js';
import { isUniqueViolation } from '../database/query-errors.js';
import { OwnerKeys } from '../encryption/owner-keys.js';
import { UserService } from '../user/user.service.js';
import type { ChatDto } from './chat.dto.js';
import { Chat } from './chat.entity.js';
import { DirectWithOneselfError } from './chat.errors.js';
import { ChatEvents } from './chat-events.js';
import { ChatService } from './chat.service.js';
import { Member } from './member.entity.js';
import { newChat, newMember } from './new-chat.js';

@Injectable()
export class DirectService {
  constructor(
    private readonly chats: ChatService,
    private readonly users: UserService,
    private readonly database: Database,
    private readonly keys: OwnerKeys,
    private readonly events: ChatEvents,
  ) {}

  /**
   * The one direct room of two users, made where there is none yet.
   *
   * @throws DirectWithOneselfError, UserNotFoundError
   */
  async getOrCreate(user: AuthUser, otherId: string): Promise<{ chat: ChatDto; isNew: boolean }> {
    if (otherId === user.id) throw new DirectWithOneselfError();
    await this.users.profile(otherId); // erased users are not to be written to
    const directKey = [user.id, otherId].sort().join(' ');
    const known = await this.chats.findDirect(user, directKey);
    if (known) return { chat: known, isNew: false };
    try {
      const chatId = await this.create(user.id, otherId, directKey);
      return { chat: await this.chats.get(user, chatId), isNew: true };
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      const other = await this.chats.findDirect(user, directKey); // made at the same moment
      return { chat: other!, isNew: false };
    }
  }

  private async create(userId: string, otherId: string, directKey: string): Promise<string> {
    const chat = { ...newChat(userId, 'direct', null), memberCount: 2, directKey };
    const members = [userId, otherId].map((id) => newMember(chat, id, 'member'));
    await this.database.write(async (manager, onCommit) => {
      await this.users.requireActive(manager, userId, otherId);
      await manager.insert(Chat, chat);
      await manager.insert(Member, members);
      await this.keys.create(manager, chat.id, 'chat');
      const added = { change: chat.lastChange, action: 'added' } as const;
      const changes = members.map((member) => ({ ...added, member }));
      await this.events.membersChanged(manager, onCommit, changes);
    });
    return chat.id;
  }
}

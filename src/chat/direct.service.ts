import { Injectable } from '@nestjs/common';
import type { AuthUser } from '../http/current-user.js';
import { Database } from '../database/database.js';
import { isUniqueViolation } from '../database/query-errors.js';
import { UserService } from '../user/user.service.js';
import type { ChatDto } from './chat.dto.js';
import { DirectWithOneselfError, TooManyRoomsError } from './chat.errors.js';
import { ChatService } from './chat.service.js';
import { newChat, newMember } from './chat-factory.js';
import { RoomMaker } from './room-maker.js';

@Injectable()
export class DirectService {
  constructor(
    private readonly chats: ChatService,
    private readonly users: UserService,
    private readonly database: Database,
    private readonly maker: RoomMaker,
  ) {}

  /**
   * The one direct room of two users, made where there is none yet.
   *
   * @throws DirectWithOneselfError, UserNotFoundError, TooManyRoomsError
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
      if (!isUniqueViolation(error) && !(error instanceof TooManyRoomsError)) throw error;
      const other = await this.chats.findDirect(user, directKey); // made at the same moment
      if (!other) throw error;
      return { chat: other, isNew: false };
    }
  }

  private async create(userId: string, otherId: string, directKey: string): Promise<string> {
    const chat = { ...newChat(userId, 'direct', null), memberCount: 2, directKey };
    const maker = newMember(chat, userId, 'member');
    const invited = { ...newMember(chat, otherId, 'member'), invitedBy: userId };
    await this.database.write((tx) => this.maker.make(tx, chat, maker, invited));
    return chat.id;
  }
}

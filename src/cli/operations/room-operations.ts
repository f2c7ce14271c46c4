import { Injectable } from '@nestjs/common';
import { In, IsNull, MoreThan } from 'typeorm';
import { Chat } from '../../chat/chat.entity.js';
import { ChatEditor } from '../../chat/chat-editor.js';
import { Member } from '../../chat/member.entity.js';
import { type Page, pageOf } from '../../common/page.js';
import { Database } from '../../database/database.js';
import { audit } from './audit.js';
import { type Given, rangeOf, refuse, requireId, type Table, textOf } from './given.js';

export interface ListedRoom {
  id: string;
  chat_name: string | null;
  visibility: string;
  member_count: number;
  /** Messages ever sent. */
  last_seq: number;
  created_at: Date;
  last_message_at: Date | null;
}

export interface ShownRoom extends ListedRoom {
  created_by: string;
  /** User ids; of a direct room there are none. */
  owners: string[];
  /** User ids, the first hundred. */
  admins: string[];
}

const MAX_SHOWN = 100;

/** Rooms, as an operator looks at them and ends them: the names and members of all, the texts of none. */
@Injectable()
export class RoomOperations {
  readonly table: Table = {
    'rooms.list': (given) => this.list(given),
    'rooms.show': (given) => this.show(given),
    'rooms.delete': (given) => this.delete(given),
  };

  constructor(
    private readonly database: Database,
    private readonly editor: ChatEditor,
  ) {}

  private async list(given: Given): Promise<Page<ListedRoom>> {
    const { after, limit } = rangeOf(given);
    const rooms = await this.database.manager.find(Chat, {
      where: { id: MoreThan(after), deletedAt: IsNull() },
      order: { id: 'ASC' },
      take: limit + 1,
    });
    return pageOf(rooms.map(listed), limit);
  }

  private async show(given: Given): Promise<ShownRoom> {
    const chat = await this.require(given);
    const leading = await this.database.manager.find(Member, {
      where: { chatId: chat.id, role: In(['owner', 'admin']) },
      take: MAX_SHOWN + 1,
    });
    const idsOf = (role: string): string[] =>
      leading.filter((member) => member.role === role).map(({ userId }) => userId);
    const roles = { owners: idsOf('owner'), admins: idsOf('admin') };
    return { ...listed(chat), created_by: chat.createdBy, ...roles };
  }

  private async delete(given: Given): Promise<Pick<ListedRoom, 'id' | 'chat_name'>> {
    const { id, chatName } = await this.require(given);
    await this.editor.deleteAnyway(id);
    audit('chat.deleted', { chat_id: id });
    return { id, chat_name: chatName };
  }

  private async require(given: Given): Promise<Chat> {
    const id = requireId(textOf(given, 'room'), 'room');
    const chat = await this.database.manager.findOneBy(Chat, { id, deletedAt: IsNull() });
    return chat ?? refuse('room', `is no room's id: ${id}`);
  }
}

function listed(chat: Chat): ListedRoom {
  const { id, chatName, visibility, memberCount, lastSeq, createdAt, lastMessageAt } = chat;
  return {
    id,
    chat_name: chatName,
    visibility,
    member_count: memberCount,
    last_seq: lastSeq,
    created_at: createdAt,
    last_message_at: lastMessageAt,
  };
}

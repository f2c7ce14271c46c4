import { ApiProperty } from '@nestjs/swagger';
import { IsIn } from '../http/class-validator.js';
import { IsId, IsName, IsQueryInteger, IsText, MayBeLeftOut } from '../http/validators.js';
import { ProfileDto } from '../user/user.dto.js';
import type { Chat, Visibility } from './chat.entity.js';
import type { ChatSeen } from './chat.repository.js';
import type { Role } from './member.entity.js';

const PAGE_LIMIT = 50;
const NULL = { type: 'null' };

export class CreateChatDto {
  /**
   * Name of the room, 1 to 200 characters on one line.
   * @example "Engine room"
   */
  @IsName(200) chat_name: string;

  /**
   * `public` (the default): every signed-in user sees it and may post. `private`: its members only.
   * @example public
   */
  @MayBeLeftOut()
  @IsIn(['public', 'private'])
  visibility?: 'public' | 'private';
}

export class ChatQuery {
  /** How many to answer at most, 1 to 200. */
  @MayBeLeftOut()
  @IsQueryInteger(1, 200)
  limit: number = PAGE_LIMIT;

  /** Id of the last chat of the page before; with `q` what that page has as `next`. */
  @MayBeLeftOut() @IsId() after?: string;

  /** `true`: only rooms that you are a member of. */
  @MayBeLeftOut() @IsIn(['true']) joined?: 'true';

  /**
   * Words, 1 to 100 characters: only rooms of whose name each begins a word, such as `eng ro` for
   * "Engine room". Case, accents and width are all one. Where a script has no spaces (Chinese, Japanese,
   * Thai and others), and of emoji and symbols, what stands within counts too. Direct rooms have no name.
   */
  @MayBeLeftOut()
  @IsText({ min: 1, max: 100, controls: 'all', blank: true })
  q?: string;
}

/** What to change; a field left out stays as it is. */
export class UpdateChatDto {
  /** @example "Boiler room" */
  @MayBeLeftOut()
  @IsName(200)
  chat_name?: string;

  /** @example private */
  @MayBeLeftOut()
  @IsIn(['public', 'private'])
  visibility?: 'public' | 'private';
}

export class OpenDirectChatDto {
  /**
   * The other user.
   * @example 019ab3c1-5d2b-7a41-8f0e-5b7c9d1e2f30
   */
  @IsId() user_id: string;
}

/** What rooms of every kind have. */
class RoomDto {
  /** @example 019ab3c1-6a10-7d3e-9b61-0c2d4e6f8a12 */
  id: string;

  /**
   * Null in a direct room.
   * @example "Engine room"
   */
  chat_name: string | null;

  /** @example public */
  visibility: Visibility;

  /**
   * Id of the user who made it.
   * @example 019ab3c1-5d2b-7a41-8f0e-5b7c9d1e2f30
   */
  created_by: string;

  /** @example 2026-11-22T17:31:00.000Z */
  created_at: string;

  /** @example 2026-11-22T17:32:00.000Z */
  last_message_at: string | null;

  /**
   * `seq` of the newest message, 0 in an empty room.
   * @example 3
   */
  last_seq: number;

  /**
   * Counts every change of the room, its members and its messages.
   * @example 4
   */
  last_change: number;

  /** @example 2 */
  member_count: number;

  /** The message at `last_seq`, as you see it: a tombstone too. Null in an empty room. */
  @ApiProperty({ nullable: false, anyOf: [{ $ref: '#/components/schemas/MessageDto' }, NULL] })
  last_message: object | null;

  /** @example owner */
  role: Role | null;

  /**
   * `seq` up to which you have read.
   * @example 2
   */
  read_seq: number | null;

  /**
   * Messages after that, but for those that are deleted.
   * @example 1
   */
  unread_count: number | null;
}

/**
 * A room. `role`, `read_seq` and `unread_count` are the caller's own, and null for one who is no member;
 * `last_message` and `peer` are as the caller sees them.
 */
export class ChatDto extends RoomDto {
  /** Of a direct room: the other one. */
  peer?: ProfileDto;

  static of(
    { chat, member, deletedUnread }: ChatSeen,
    lastMessage: object | null,
    peer?: ProfileDto,
  ): ChatDto {
    const own = {
      last_message: lastMessage,
      role: member?.role ?? null,
      read_seq: member?.readSeq ?? null,
      unread_count: member && chat.lastSeq - member.readSeq - deletedUnread,
    };
    return Object.assign(sharedFields(chat), own, peer && { peer });
  }
}

/** What everyone in a room sees alike. */
export function sharedFields(
  chat: Chat,
): Omit<ChatDto, 'last_message' | 'role' | 'read_seq' | 'unread_count' | 'peer'> {
  return {
    id: chat.id,
    chat_name: chat.chatName,
    visibility: chat.visibility,
    created_by: chat.createdBy,
    created_at: chat.createdAt.toISOString(),
    last_message_at: chat.lastMessageAt?.toISOString() ?? null,
    last_seq: chat.lastSeq,
    last_change: chat.lastChange,
    member_count: chat.memberCount,
  };
}

/** A direct room: both of you are plain members. */
export class DirectChatDto extends RoomDto {
  peer: ProfileDto;
}

export class ChatPageDto {
  data: ChatDto[];

  /**
   * Whether more follow: ask again with `after` set to the last id, or with `q` to `next`.
   * @example false
   */
  has_more: boolean;

  /** Only with `q`, and only where more may follow: what to send as `after`. */
  next?: string;
}

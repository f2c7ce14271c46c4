import { OmitType } from '@nestjs/swagger';
import { IsIn, IsOptional, ValidateIf } from 'class-validator';
import { IsId, IsQueryInteger, IsText } from '../common/validators.js';
import { ProfileDto } from '../user/user.dto.js';
import type { Chat, Visibility } from './chat.entity.js';
import type { Member, Role } from './member.entity.js';

const PAGE_LIMIT = 50;

export class CreateChatDto {
  /**
   * Name of the room, 1 to 200 characters on one line.
   * @example "Engine room"
   */
  @IsText({ min: 1, max: 200, controls: 'none', blank: false }) chat_name: string;

  /**
   * `public` (the default): every signed-in user sees it and may post. `private`: its members only.
   * @example public
   */
  @IsOptional()
  @IsIn(['public', 'private'])
  visibility?: 'public' | 'private' | null;
}

export class ChatQuery {
  /** How many to answer at most, 1 to 200. */
  @IsOptional()
  @IsQueryInteger(1, 200)
  limit: number = PAGE_LIMIT;

  /** Id of the last chat of the page before. */
  @IsOptional() @IsId() after?: string;

  /** `true`: only rooms that you are a member of. */
  @IsOptional() @IsIn(['true']) joined?: 'true';
}

/** What to change; a field left out stays as it is. */
export class UpdateChatDto {
  /** @example "Boiler room" */
  @ValidateIf((dto: UpdateChatDto) => dto.chat_name !== undefined)
  @IsText({ min: 1, max: 200, controls: 'none', blank: false })
  chat_name?: string;

  /** @example private */
  @ValidateIf((dto: UpdateChatDto) => dto.visibility !== undefined)
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

/** A room. The last three fields are the caller's own, and null for one who is no member. */
export class ChatDto {
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

  /** @example owner */
  role: Role | null;

  /**
   * `seq` up to which you have read.
   * @example 2
   */
  read_seq: number | null;

  /**
   * Messages after that.
   * @example 1
   */
  unread_count: number | null;

  /** Of a direct room: the other one. */
  peer?: ProfileDto;

  /** The member may have been read a moment after the room, and have read further by then. */
  static of(chat: Chat, member: Member | null, peer?: ProfileDto): ChatDto {
    const readSeq = member && Math.min(member.readSeq, chat.lastSeq);
    const own = {
      role: member?.role ?? null,
      read_seq: readSeq,
      unread_count: readSeq === null ? null : chat.lastSeq - readSeq,
    };
    return Object.assign(sharedFields(chat), own, peer && { peer });
  }
}

/** What everyone in a room sees alike. */
export function sharedFields(
  chat: Chat,
): Omit<ChatDto, 'role' | 'read_seq' | 'unread_count' | 'peer'> {
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
export class DirectChatDto extends OmitType(ChatDto, ['peer']) {
  peer: ProfileDto;
}

export class ChatPageDto {
  data: ChatDto[];

  /**
   * Whether more follow: ask again with `after` set to the last id.
   * @example false
   */
  has_more: boolean;
}

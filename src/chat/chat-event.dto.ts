import { OmitType } from '@nestjs/swagger';
import { ChatDto } from './chat.dto.js';
import { MemberDto } from './member.dto.js';

/** A room without what is its reader's own. */
export class SharedChatDto extends OmitType(ChatDto, [
  'last_message',
  'role',
  'read_seq',
  'unread_count',
  'peer',
] as const) {}

/** A room was renamed, or who sees it has changed. */
export class ChatUpdatedDto {
  type: 'chat.updated';

  /** @example 019ab3c1-6a10-7d3e-9b61-0c2d4e6f8a12 */
  chat_id: string;

  /**
   * The room's counter of changes, as of this one.
   * @example 4
   */
  change: number;

  chat: SharedChatDto;
}

/** A room exists no more. */
export class ChatDeletedDto {
  type: 'chat.deleted';

  /** @example 019ab3c1-6a10-7d3e-9b61-0c2d4e6f8a12 */
  chat_id: string;
}

/** Somebody joined or was added, has another role, or left or was removed. */
export class MemberChangedDto {
  type: 'member.changed';

  /** @example 019ab3c1-6a10-7d3e-9b61-0c2d4e6f8a12 */
  chat_id: string;

  /**
   * The room's counter of changes, as of this one.
   * @example 2
   */
  change: number;

  member: MemberDto;

  /**
   * How many members the room has now.
   * @example 2
   */
  member_count: number;

  /** @example added */
  action: 'added' | 'changed' | 'removed';
}

/** A member has read further. */
export class ReadChangedDto {
  type: 'read.changed';

  /** @example 019ab3c1-6a10-7d3e-9b61-0c2d4e6f8a12 */
  chat_id: string;

  /** @example 019ab3c1-5d2b-7a41-8f0e-5b7c9d1e2f30 */
  user_id: string;

  /**
   * `seq` up to which they have read.
   * @example 3
   */
  read_seq: number;

  /**
   * Messages after that, but for those that are deleted; told to the reader's own connections alone.
   * @example 0
   */
  unread_count?: number;
}

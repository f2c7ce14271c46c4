import { IsOptional } from 'class-validator';
import { IsId, IsQueryInteger, IsText } from '../common/validators.js';
import { ProfileDto } from '../user/user.dto.js';
import type { Person } from '../user/user.entity.js';
import type { Message } from './message.entity.js';

const PAGE_LIMIT = 50;
export const MAX_SEQ = 2_147_483_647;

export class SendMessageDto {
  /**
   * Chat to write to. (Called `chatid` here and `chat_id` everywhere else; both names stay.)
   * @example 019ab3c1-6a10-7d3e-9b61-0c2d4e6f8a12
   */
  @IsId() chatid: string;

  /**
   * Text, 1 to 16,384 characters of well-formed Unicode, not only white space.
   * @example "Hello, room!"
   */
  @IsText({ min: 1, max: 16_384, controls: 'all', blank: false }) message: string;

  /**
   * Your own name for this message, 1 to 64 characters. A retry with the same one creates nothing
   * twice: it answers 200 with the first message.
   */
  @IsOptional()
  @IsText({ min: 1, max: 64, controls: 'none', blank: false })
  client_id?: string | null;

  /** Id of a message of the same room that this one answers. */
  @IsOptional() @IsId() reply_to?: string | null;
}

export class EditMessageDto {
  /**
   * The new text, as in sending.
   * @example "Hello again!"
   */
  @IsText({ min: 1, max: 16_384, controls: 'all', blank: false }) message: string;
}

export class MessageQuery {
  /**
   * Chat to read.
   * @example 019ab3c1-6a10-7d3e-9b61-0c2d4e6f8a12
   */
  @IsId()
  chat_id: string;

  /** How many to answer at most, 1 to 200. */
  @IsOptional()
  @IsQueryInteger(1, 200)
  limit: number = PAGE_LIMIT;

  /** A `seq`: answers the messages right before it. Not together with `after`. */
  @IsOptional() @IsQueryInteger(1, MAX_SEQ) before?: number;

  /** A `seq`: answers the messages right after it; 0 begins with the first. */
  @IsOptional() @IsQueryInteger(0, MAX_SEQ) after?: number;

  /**
   * A `change`: answers every message that was created, edited, deleted or reacted to since, by
   * `change`, and what to ask with next. Alone.
   */
  @IsOptional() @IsQueryInteger(0, MAX_SEQ) changed_after?: number;
}

/** How often a message got one emoji. */
export class ReactionDto {
  /** @example 👍 */
  emoji: string;

  /** @example 2 */
  count: number;

  /**
   * Whether you are among them.
   * @example true
   */
  me: boolean;
}

export class MessageDto {
  /** @example 019ab3c1-6f3e-7c52-b1d6-3f2f8d1c9a10 */
  id: string;

  /** @example 019ab3c1-6a10-7d3e-9b61-0c2d4e6f8a12 */
  chat_id: string;

  /**
   * Position in the room: 1, 2, 3 … without a gap.
   * @example 3
   */
  seq: number;

  /**
   * The room's counter of changes, as of the last one that touched this message.
   * @example 4
   */
  change: number;

  sender: ProfileDto;

  /**
   * The text; null once deleted, and null with `unreadable` when it cannot be opened.
   * @example "Hello, room!"
   */
  message: string | null;

  /** Only when the stored text does not open: it was tampered with, or its keys are gone. */
  unreadable?: true;

  /** @example web-7f3a-42 */
  client_id: string | null;

  /** Id of the message that this one answers. */
  reply_to: string | null;

  reactions: ReactionDto[];

  /** @example 2026-11-22T17:32:00.000Z */
  created_at: string;

  edited_at: string | null;

  deleted_at: string | null;

  /** @param own the emojis that the reader gave */
  static of(message: Message, sender: Person, own: string[]): MessageDto {
    const deletedAt = message.deletedAt ?? sender.erasedAt;
    return {
      id: message.id,
      chat_id: message.chatId,
      seq: message.seq,
      change: message.change,
      sender: ProfileDto.of(sender),
      message: deletedAt ? null : message.body,
      ...(message.unreadable && !deletedAt && { unreadable: true }),
      client_id: message.clientId,
      reply_to: message.replyTo,
      reactions: (deletedAt ? [] : (message.reactions ?? [])).map(({ emoji, count }) => ({
        emoji,
        count,
        me: own.includes(emoji),
      })),
      created_at: message.createdAt.toISOString(),
      edited_at: message.editedAt?.toISOString() ?? null,
      deleted_at: deletedAt?.toISOString() ?? null,
    };
  }
}

export class MessagePageDto {
  /** By `seq`, ascending; with `changed_after` by `change`. */
  data: MessageDto[];

  /**
   * Whether there are more in the direction asked for; with neither `before` nor `after`, older ones.
   * @example false
   */
  has_more: boolean;

  /** Only with `changed_after`: what to ask with next. */
  change?: number;
}

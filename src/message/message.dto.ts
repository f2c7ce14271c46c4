import { ApiProperty } from '@nestjs/swagger';
import { IsIds, MessageAttachmentDto } from '../attachment/attachment.dto.js';
import { IsOptional, ValidateIf } from '../http/class-validator.js';
import { IsId, IsQueryIds, IsQueryInteger, IsText, MayBeLeftOut } from '../http/validators.js';
import { ProfileDto } from '../user/user.dto.js';
import type { Person } from '../user/user.entity.js';
import { goneAt } from './message-times.js';
import type { Message } from './message.entity.js';

const PAGE_LIMIT = 50;
export const MAX_SEQ = 2_147_483_647;

const TEXT = { min: 1, max: 16_384, controls: 'all', blank: false } as const;

export class SendMessageDto {
  /**
   * Chat to write to. (Called `chatid` here and `chat_id` everywhere else; both names stay.)
   * @example 019ab3c1-6a10-7d3e-9b61-0c2d4e6f8a12
   */
  @IsId() chatid: string;

  /**
   * Text, 1 to 16,384 characters of well-formed Unicode, at least one of them visible; with
   * `attachments` it may be empty.
   * @example "Hello, room!"
   */
  @ApiProperty({ minLength: 0, maxLength: 16_384 })
  @ValidateIf(({ message, attachments }: SendMessageDto) => message !== '' || !attachments?.length)
  @IsText(TEXT)
  message: string;

  /**
   * Your own name for this message, 1 to 64 characters; nobody else is shown it. A retry with the
   * same one creates nothing twice, for good: it answers 200 with the first message.
   */
  @IsOptional()
  @IsText({ min: 1, max: 64, controls: 'none', blank: false })
  client_id?: string | null;

  /** Id of a message of the same room that this one answers. */
  @IsOptional() @IsId() reply_to?: string | null;

  /**
   * Ids of files that you have uploaded for this room, at most 10; each can be sent once.
   * @example []
   */
  @ApiProperty({
    type: 'array',
    items: { type: 'string', format: 'uuid' },
    maxItems: 10,
    uniqueItems: true,
    required: false,
  })
  @MayBeLeftOut()
  @IsIds(10)
  attachments?: string[];
}

export class EditMessageDto {
  /**
   * The new text, as in sending. Its files stay.
   * @example "Hello again!"
   */
  @ApiProperty({ minLength: 0, maxLength: 16_384 })
  @ValidateIf(({ message }: EditMessageDto) => message !== '') // which one with files may be
  @IsText(TEXT)
  message: string;
}

export class MessageQuery {
  /**
   * Chat to read.
   * @example 019ab3c1-6a10-7d3e-9b61-0c2d4e6f8a12
   */
  @IsId()
  chat_id: string;

  /** How many to answer at most, 1 to 200; of `ids` all. */
  @MayBeLeftOut()
  @IsQueryInteger(1, 200)
  limit: number = PAGE_LIMIT;

  /** A `seq`: answers the messages right before it. Not together with `after`. */
  @MayBeLeftOut() @IsQueryInteger(1, MAX_SEQ) before?: number;

  /** A `seq`: answers the messages right after it; 0 begins with the first. */
  @MayBeLeftOut() @IsQueryInteger(0, MAX_SEQ) after?: number;

  /**
   * A `change`: answers every message that was created, edited, deleted or reacted to since, by
   * `change`, and what to ask with next. Alone.
   */
  @MayBeLeftOut() @IsQueryInteger(0, MAX_SEQ) changed_after?: number;

  /**
   * With `changed_after`: the `history` that you have it from, as an answer named it. With another
   * one than the server's the answer begins anew.
   */
  @MayBeLeftOut() @IsId() history?: string;

  /** Ids of messages, 1 to 100, with commas between them: those of them that are in this room. Alone. */
  @MayBeLeftOut() @IsQueryIds(100, '019ab3c1-6f3e-7c52-b1d6-3f2f8d1c9a10') ids?: string[];
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

/** Whom a message is shown to. */
export interface Reader {
  id: string | null;
  /** The emojis that they gave it. */
  reactions: string[];
}

const NOBODY: Reader = { id: null, reactions: [] };

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

  /**
   * Shown to the sender alone: null for everybody else, in events, and once deleted.
   * @example web-7f3a-42
   */
  client_id: string | null;

  /** Id of the message that this one answers. */
  reply_to: string | null;

  reactions: ReactionDto[];

  /** Its files, in the order sent; none once it is deleted. */
  attachments: MessageAttachmentDto[];

  /** @example 2026-11-22T17:32:00.000Z */
  created_at: string;

  edited_at: string | null;

  deleted_at: string | null;

  /**
   * @param reader nobody, where it is the same for everyone
   * @throws KeyUnavailableError where the text is wanted and this process lacks its key
   */
  static of(message: Message, sender: Person, reader: Reader = NOBODY): MessageDto {
    const deletedAt = goneAt(message, sender);
    if (message.failure && !deletedAt) throw message.failure;
    return {
      id: message.id,
      chat_id: message.chatId,
      seq: message.seq,
      change: message.change,
      sender: ProfileDto.of(sender),
      message: deletedAt ? null : message.body,
      ...(message.unreadable && !deletedAt && { unreadable: true }),
      client_id: reader.id === message.senderId && !deletedAt ? message.clientId : null,
      reply_to: message.replyTo,
      reactions: (deletedAt ? [] : (message.reactions ?? [])).map(({ emoji, count }) => ({
        emoji,
        count,
        me: reader.reactions.includes(emoji),
      })),
      attachments: deletedAt ? [] : (message.attachments ?? []),
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
   * With `ids`: the answer was full; ask again for those that it lacks.
   * @example false
   */
  has_more: boolean;

  /** Only with `changed_after`: what to ask with next. */
  change?: number;

  /**
   * Only with `changed_after`: the database's line of history. A restore begins another one.
   * @example 019ab3c1-5c11-7b0e-8a52-4d6f1e3a9c01
   */
  history?: string;

  /**
   * Only with `changed_after`, and only where the server knows nothing of the change that you gave,
   * or not of that history: drop what you have of the room. This is it from its beginning.
   */
  reset?: true;
}

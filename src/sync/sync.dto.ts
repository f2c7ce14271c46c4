import { ApiExtraModels, ApiProperty, getSchemaPath } from '@nestjs/swagger';
import { IsInt, Max, Min, ValidateBy } from '../http/class-validator.js';
import { ChatDto } from '../chat/chat.dto.js';
import { IsId, isId, MayBeLeftOut } from '../http/validators.js';
import { MessageDto } from '../message/message.dto.js';

const LIMIT = 500;
const MAX_ROOMS = 5000;
const CURSORS = {
  type: 'object',
  additionalProperties: { type: 'integer', minimum: 0 },
  example: { '019ab3c1-6a10-7d3e-9b61-0c2d4e6f8a12': 4 },
} as const;

const IsCursors = (): PropertyDecorator =>
  ValidateBy({
    name: 'isCursors',
    validator: {
      validate: isCursors,
      defaultMessage: () =>
        `$property must be an object of at most ${MAX_ROOMS} chat ids, each with its change: ` +
        'a whole number, 0 or more',
    },
  });

function isCursors(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const entries = Object.entries(value);
  return (
    entries.length <= MAX_ROOMS &&
    entries.every(([id, change]) => isId(id) && Number.isSafeInteger(change) && change >= 0)
  );
}

export class SyncDto {
  /** For each room that you have: its id, and the `change` that you have it up to; 0 for nothing. */
  @ApiProperty(CURSORS)
  @MayBeLeftOut()
  @IsCursors()
  rooms?: Record<string, number>;

  /**
   * The `history` that you have them from, as the last answer named it. With another one than the
   * server's all your rooms are `reset`.
   */
  @MayBeLeftOut() @IsId() history?: string;

  /** How many messages to answer at most, 1 to 1,000; 500 when left out. */
  @ApiProperty({ type: 'integer', minimum: 1, maximum: 1000, required: false })
  @MayBeLeftOut()
  @IsInt({ message: 'limit must be a whole number from 1 to 1000' })
  @Min(1, { message: 'limit must be a whole number from 1 to 1000' })
  @Max(1000, { message: 'limit must be a whole number from 1 to 1000' })
  limit: number = LIMIT;
}

/** How far you have read a room. */
export class UnreadDto {
  /**
   * `seq` up to which you have read.
   * @example 2
   */
  read_seq: number;

  /**
   * Messages after that, but for those that are deleted.
   * @example 1
   */
  unread_count: number;
}

@ApiExtraModels(UnreadDto)
export class SyncedDto {
  /**
   * The database's line of history. A restore begins another one.
   * @example 019ab3c1-5c11-7b0e-8a52-4d6f1e3a9c01
   */
  history: string;

  /** What to send next, as it stands. While `has_more` is true, rooms may be missing that are new. */
  @ApiProperty(CURSORS)
  rooms: Record<string, number>;

  /** Of the rooms in `rooms`, those in which something is unread. All others are read to their end. */
  @ApiProperty({
    type: 'object',
    additionalProperties: { $ref: getSchemaPath(UnreadDto) },
    example: { '019ab3c1-6a10-7d3e-9b61-0c2d4e6f8a12': { read_seq: 2, unread_count: 1 } },
  })
  reads: Record<string, UnreadDto>;

  /** Rooms that changed, and those that you did not name: at most 500. */
  chats: ChatDto[];

  /**
   * Rooms that you named and are not in any more.
   * @example []
   */
  gone: string[];

  /**
   * Rooms of which what you have is undone, since a restore began another history: drop it. They are
   * answered as if you had not named them.
   * @example []
   */
  reset: string[];

  /** Messages that changed, room by room, by `change`; an answer ends where it holds 1 MiB of text. */
  messages: MessageDto[];

  /**
   * Whether there is more: ask again at once.
   * @example false
   */
  has_more: boolean;
}

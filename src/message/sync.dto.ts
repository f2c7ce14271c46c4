import { ApiProperty } from '@nestjs/swagger';
import { IsInt, Max, Min, ValidateBy, ValidateIf } from 'class-validator';
import { ChatDto } from '../chat/chat.dto.js';
import { isId } from '../common/validators.js';
import { MessageDto } from './message.dto.js';

const LIMIT = 500;
const MAX_ROOMS = 5000;
const EXAMPLE = { '019ab3c1-6a10-7d3e-9b61-0c2d4e6f8a12': 4 };

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
  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'integer', minimum: 0 },
    example: EXAMPLE,
  })
  @ValidateIf((dto: SyncDto) => dto.rooms !== undefined)
  @IsCursors()
  rooms?: Record<string, number>;

  /** How many messages to answer at most, 1 to 1,000. */
  @ApiProperty({ type: 'integer', minimum: 1, maximum: 1000, default: LIMIT, required: false })
  @ValidateIf((dto: SyncDto) => dto.limit !== undefined)
  @IsInt({ message: 'limit must be a whole number from 1 to 1000' })
  @Min(1, { message: 'limit must be a whole number from 1 to 1000' })
  @Max(1000, { message: 'limit must be a whole number from 1 to 1000' })
  limit: number = LIMIT;
}

export class SyncedDto {
  /** What to send next, as it stands: every room that you are a member of. */
  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'integer', minimum: 0 },
    example: EXAMPLE,
  })
  rooms: Record<string, number>;

  /** Rooms that changed, and those that you did not name. */
  chats: ChatDto[];

  /**
   * Rooms that you named and are not in any more.
   * @example []
   */
  gone: string[];

  /** Messages that changed, room by room, by `change`. */
  messages: MessageDto[];

  /**
   * Whether there is more: ask again at once.
   * @example false
   */
  has_more: boolean;
}

import { ApiProperty } from '@nestjs/swagger';
import { IsIn } from '../http/class-validator.js';
import { IsId, IsQueryInteger, IsText, IsTime, MayBeLeftOut } from '../http/validators.js';
import { MessageDto } from '../message/message.dto.js';

const PAGE_LIMIT = 50;

export class SearchQuery {
  /**
   * What to look for, 1 to 200 characters: at most 8 words, each of which a message has to hold as a
   * whole, in whichever order; between quotation marks one right after the other. Case, accents and width
   * are all one. Where a script has no spaces (Chinese, Japanese, Thai and others), and of emoji and
   * symbols, what stands within counts too.
   * @example room
   */
  @IsText({ min: 1, max: 200, controls: 'all', blank: true })
  q: string;

  /** The room to search; without it all rooms that you are a member of. */
  @MayBeLeftOut() @IsId() chat_id?: string;

  /** Only messages of this user. */
  @MayBeLeftOut() @IsId() sender_id?: string;

  /** Only messages sent at this time or later. */
  @MayBeLeftOut() @IsTime() from?: string;

  /** Only messages sent before this time. */
  @MayBeLeftOut() @IsTime() to?: string;

  /** The `next` of the answer before, as it stands; with `chat_id` also any `seq`. */
  @MayBeLeftOut()
  @IsText({ min: 1, max: 64, controls: 'none', blank: true })
  before?: string;

  /** How many to answer at most, 1 to 200. */
  @MayBeLeftOut()
  @IsQueryInteger(1, 200)
  limit: number = PAGE_LIMIT;

  /** `true`: of the last word its beginning is enough, as while somebody types. */
  @MayBeLeftOut() @IsIn(['true']) prefix?: 'true';

  /** `true`: the answer has `highlights`. */
  @MayBeLeftOut() @IsIn(['true']) highlight?: 'true';
}

const RANGE = {
  type: 'array',
  items: { type: 'integer', minimum: 0 },
  minItems: 2,
  maxItems: 2,
} as const;

export class SearchPageDto {
  /** Messages as everywhere, by `seq` descending; without `chat_id` room by room, the newest room first. */
  data: MessageDto[];

  /**
   * Whether there is more to search. A search ends when it has had its time: there may be more where the
   * page is not full, or empty.
   * @example false
   */
  has_more: boolean;

  /** Only where there is more: what to send as `before`. */
  next?: string;

  /** Only with `chat_id`, and where there is more: all messages from this `seq` on were searched. */
  @ApiProperty({ type: 'integer', required: false })
  searched_to?: number;

  /**
   * Only with `highlight`: for each message its id, and where what was looked for stands in its text: where
   * that begins and how long it is, in characters (Unicode code points), at most 100 of them.
   */
  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'array', items: RANGE, maxItems: 100 },
    example: { '019ab3c1-6f3e-7c52-b1d6-3f2f8d1c9a10': [[7, 4]] },
  })
  highlights?: Record<string, [start: number, length: number][]>;
}

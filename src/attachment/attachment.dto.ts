import { ApiProperty } from '@nestjs/swagger';
import { IsInt, IsOptional, Matches, Max, Min, ValidateBy } from '../http/class-validator.js';
import { IsId, isId, IsName, IsText } from '../http/validators.js';
import type { StoredAttachment } from './attachment-rows.js';
import { type FileFacts, PART_BYTES } from './file-facts.js';

const MAX_SIZE = 2 ** 40;
const MAX_TICKETS = 200;
const SIZE = { message: `size must be a whole number from 1 to ${MAX_SIZE}` };
const MEDIA_TYPE = /^[\w!#$&^.+-]{1,63}\/[\w!#$&^.+-]{1,63}( *;[ -~]{0,120})?$/;

/** Ids in a body, each once. */
export function IsIds(max: number): PropertyDecorator {
  const areIds = (value: unknown): boolean =>
    Array.isArray(value) &&
    value.length <= max &&
    value.every((id) => typeof id === 'string' && isId(id)) &&
    new Set(value).size === value.length;
  return ValidateBy({
    name: 'isIds',
    validator: {
      validate: areIds,
      defaultMessage: () => `$property must be a list of at most ${max} different ids`,
    },
  });
}

export class NewAttachmentDto {
  /**
   * Chat that it is to be sent to.
   * @example 019ab3c1-6a10-7d3e-9b61-0c2d4e6f8a12
   */
  @IsId() chat_id: string;

  /**
   * Name of the file, 1 to 255 characters, no control characters.
   * @example harbour.png
   */
  @IsName(255) file_name: string;

  /**
   * Bytes of the file; `GET /server` says how many it may have.
   * @example 68
   */
  @ApiProperty({ type: 'integer', minimum: 1, maximum: MAX_SIZE })
  @IsInt(SIZE)
  @Min(1, SIZE)
  @Max(MAX_SIZE, SIZE)
  size: number;

  /**
   * What it is, as you take it. What is found by its first bytes counts.
   * @example image/png
   */
  @IsOptional()
  @Matches(MEDIA_TYPE, { message: '$property must be a media type such as image/png' })
  content_type?: string | null;

  /** Your own name for this upload, 1 to 64 characters: a retry with the same one finds the upload. */
  @IsOptional()
  @IsText({ min: 1, max: 64, controls: 'none', blank: false })
  client_id?: string | null;
}

export class AttachmentDto {
  /** @example 019ab3c1-7a4e-7e21-a0c5-9d8e7f6a5b41 */
  id: string;

  /** @example 019ab3c1-6a10-7d3e-9b61-0c2d4e6f8a12 */
  chat_id: string;

  /** @example harbour.png */
  file_name: string;

  /**
   * As declared, until it is complete; then, of a picture, a sound or a film, what it is by its first bytes.
   * @example image/png
   */
  content_type: string;

  /** @example 68 */
  size: number;

  /**
   * `checking` once all parts are there, `complete` once it can be sent.
   * @example uploading
   */
  state: 'uploading' | 'checking' | 'complete';

  /**
   * Bytes of each part, but for the last one, which has the rest.
   * @example 4194304
   */
  part_size: number;

  /** @example 1 */
  part_count: number;

  /**
   * Numbers of the parts that are there, 1 for the first; shown to the uploader alone.
   * @example []
   */
  parts: number[];

  /**
   * When it ends unless it is sent; null once it was.
   * @example 2026-11-23T17:32:00.000Z
   */
  expires_at: string | null;

  static of(file: StoredAttachment, facts: FileFacts, parts: number[]): AttachmentDto {
    return {
      id: file.id,
      chat_id: file.chatId,
      file_name: facts.file_name,
      content_type: facts.content_type,
      size: file.size,
      state: file.state as AttachmentDto['state'],
      part_size: PART_BYTES,
      part_count: file.partCount,
      parts,
      expires_at: file.removeAt?.toISOString() ?? null,
    };
  }
}

/** A file of a message. */
export class MessageAttachmentDto {
  /** @example 019ab3c1-7a4e-7e21-a0c5-9d8e7f6a5b41 */
  id: string;

  /** @example harbour.png */
  file_name: string;

  /**
   * Of a picture, a sound or a film what it is by its first bytes, of all else what its sender says.
   * @example image/png
   */
  content_type: string;

  /**
   * Bytes.
   * @example 68
   */
  size: number;

  /**
   * Of a picture, in pixels, as it is shown; null where that is not known, as of all else.
   * @example 1
   */
  width: number | null;

  /** @example 1 */
  height: number | null;

  /**
   * Whether `/attachment/{attachment_id}/thumbnail` shows it small: not of what is no picture, or is broken,
   * of more than 50 megapixels or 32 MiB.
   * @example true
   */
  has_thumbnail: boolean;
}

export class TicketsDto {
  /**
   * Ids of attachments, at most 200.
   * @example ["019ab3c1-7a4e-7e21-a0c5-9d8e7f6a5b41"]
   */
  @ApiProperty({
    type: 'array',
    items: { type: 'string', format: 'uuid' },
    maxItems: MAX_TICKETS,
    uniqueItems: true,
  })
  @IsIds(MAX_TICKETS)
  ids: string[];
}

export class TicketDto {
  /** @example 019ab3c1-7a4e-7e21-a0c5-9d8e7f6a5b41 */
  id: string;

  /**
   * Of the file, relative to the API's: good where no token can be sent, such as in `<img>`.
   * @example /attachment/019ab3c1-7a4e-7e21-a0c5-9d8e7f6a5b41/content?ticket=AZqzwV0vfxCis8TV5vcIGWkjmgA
   */
  url: string;

  /**
   * Of its thumbnail, where `has_thumbnail` says that there is one.
   * @example /attachment/019ab3c1-7a4e-7e21-a0c5-9d8e7f6a5b41/thumbnail?ticket=AZqzwV0vfxCis8TV5vcIGWkjmgA
   */
  thumbnail_url: string | null;

  /**
   * The end of the next full hour.
   * @example 2026-11-22T19:00:00.000Z
   */
  expires_at: string;
}

export class TicketPageDto {
  /** Those that you may see, in the order asked for. */
  data: TicketDto[];
}

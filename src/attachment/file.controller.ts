import { applyDecorators, Controller, Get, HttpCode, Param, Put, Req, Res } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiConsumes,
  ApiHeader,
  ApiParam,
  ApiQuery,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentUser, type AuthUser } from '../http/current-user.js';
import { RawBody, SendsFile } from '../http/raw-route.js';
import { IdPipe } from '../http/validators.js';
import { Downloads } from './downloads.js';
import { SHOWN_TYPES } from './file-types.js';
import { PartUploads } from './part-uploads.js';

const BYTES = { schema: { type: 'string', format: 'binary' } } as const;
const FILE = Object.fromEntries(
  ['application/octet-stream', ...SHOWN_TYPES].map((type) => [type, BYTES]),
);
const THUMBNAIL = { 'image/webp': BYTES };
const TICKET = {
  name: 'ticket',
  required: false,
  description: 'Instead of a token: from a URL of `POST /attachment/tickets`.',
  schema: { type: 'string' },
} as const;
const RANGE = {
  name: 'Range',
  required: false,
  description:
    'One range, such as `bytes=0-1023`, `bytes=1024-` or `bytes=-1024`; several are answered whole.',
  schema: { type: 'string' },
} as const;
const RANGE_HEADERS = {
  'Content-Range': {
    description: 'Which bytes these are, and how many the whole has',
    schema: { type: 'string' },
    example: 'bytes 0-1023/104857600',
  },
} as const;
const NOT_CHANGED = { status: 304, description: 'It is as your `If-None-Match` says' };
/** Of all that is sent, and of a range of it. */
const Sent = (content: Record<string, typeof BYTES>, whole: string): MethodDecorator =>
  applyDecorators(
    ApiQuery(TICKET),
    ApiHeader(RANGE),
    ApiResponse({ status: 200, description: whole, content }),
    ApiResponse({
      status: 206,
      description: 'The range that was asked for',
      headers: RANGE_HEADERS,
      content,
    }),
    ApiResponse(NOT_CHANGED),
  );

/** The bytes of files. */
@ApiTags('attachment')
@ApiBearerAuth()
@Controller('attachment/:attachment_id')
export class FileController {
  constructor(
    private readonly uploads: PartUploads,
    private readonly downloads: Downloads,
  ) {}

  /**
   * Upload a part
   *
   * @remarks The bytes as they are: `part_size` of them, in the last part the rest; in any order, several at
   * once, each within 60 seconds. To send one again replaces it. The answer to the last one that was missing
   * comes once the file can be sent; where it is lost, ask for the attachment's `state`.
   *
   * @throws {404} There is no such attachment, or it is not yours to see.
   * @throws {408} [timeout] The request took too long to arrive. Send it again.
   * @throws {409} [attachment-state] This attachment takes no more parts: all of them are there. Upload another one instead.
   * @throws {411} [length-required] Send the header `Content-Length`, and the bytes as they are.
   */
  @Put('parts/:n')
  @RawBody()
  @HttpCode(204)
  @ApiConsumes('application/octet-stream')
  @ApiParam({ name: 'n', schema: { type: 'integer', minimum: 1 } })
  @ApiBody({ required: true, schema: BYTES.schema, description: 'Bytes, whatever they are' })
  uploadPart(
    @CurrentUser() user: AuthUser,
    @Param('attachment_id', IdPipe) id: string,
    @Param('n') n: string,
    @Req() request: FastifyRequest,
  ): Promise<void> {
    return this.uploads.put(user, id, n, request.raw);
  }

  /**
   * Download a file
   *
   * @remarks Pictures, sounds and films are what their first bytes say, all else is
   * `application/octet-stream` to be saved. With `Range` a part of it. Its bytes are those that were uploaded:
   * a picture still tells where it was taken, if it did.
   *
   * @throws {404} There is no such attachment, or it is not yours to see.
   * @throws {416} [range-not-satisfiable] The file ends before the range that you ask for begins.
   */
  @Get('content')
  @SendsFile('attachment_id')
  @Sent(FILE, 'The file')
  downloadFile(
    @CurrentUser() user: AuthUser,
    @Param('attachment_id', IdPipe) id: string,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.downloads.send(user, id, 'content', reply);
  }

  /**
   * Download the thumbnail of a picture
   *
   * @remarks At most 480 pixels wide and high, WebP, without what the picture says of itself, such as where it
   * was taken. There is one where `has_thumbnail` says so.
   *
   * @throws {404} There is no such attachment, or it is not yours to see.
   * @throws {416} [range-not-satisfiable] The file ends before the range that you ask for begins.
   */
  @Get('thumbnail')
  @SendsFile('attachment_id')
  @Sent(THUMBNAIL, 'The thumbnail')
  downloadThumbnail(
    @CurrentUser() user: AuthUser,
    @Param('attachment_id', IdPipe) id: string,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.downloads.send(user, id, 'thumbnail', reply);
  }
}

import { Body, Controller, Delete, Get, HttpCode, Param, Post, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CurrentUser, type AuthUser } from '../http/current-user.js';
import { IdPipe } from '../http/validators.js';
import { AttachmentDto, NewAttachmentDto, TicketPageDto, TicketsDto } from './attachment.dto.js';
import { TicketService } from './ticket-service.js';
import { Uploads } from './uploads.js';

@ApiTags('attachment')
@ApiBearerAuth()
@Controller('attachment')
export class AttachmentController {
  constructor(
    private readonly uploads: Uploads,
    private readonly tickets: TicketService,
  ) {}

  /**
   * Begin the upload of a file
   *
   * @remarks Then send its bytes, `part_size` of them in each part, and send the message with its id in
   * `attachments`. Unless it is sent within 24 hours it goes. At most 10 of yours may be unfinished.
   *
   * @throws {403} [quota-exceeded] Your attachments take all the space that you have, or too many of them are unfinished. Finish or delete some first.
   * @throws {404} There is no such chat, or it is not yours to see.
   * @throws {413} [too-large] A file may have at most 104857600 bytes.
   * @throws {422} [client-id-reused] You have begun another upload with this client_id to this chat. Make a new client_id for each file; repeat one only to go on with the same.
   */
  @Post()
  @ApiCreatedResponse({ type: AttachmentDto, description: 'The upload, which waits for its parts' })
  @ApiOkResponse({
    type: AttachmentDto,
    description: 'A retry: the upload that stands there already',
  })
  async beginUpload(
    @CurrentUser() user: AuthUser,
    @Body() dto: NewAttachmentDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AttachmentDto> {
    const { attachment, isRepeat } = await this.uploads.begin(user, dto);
    void reply.status(isRepeat ? 200 : 201);
    return attachment;
  }

  /**
   * Get URLs that need no token
   *
   * @remarks For `<img>`, `<video>` and links, which can send none. A URL is good for your session alone,
   * until it ends or the ticket expires, and as long as you may read the room. Attachments that are not
   * yours to see are left out.
   */
  @Post('tickets')
  @HttpCode(200)
  @ApiOkResponse({ type: TicketPageDto })
  makeTickets(@CurrentUser() user: AuthUser, @Body() { ids }: TicketsDto): Promise<TicketPageDto> {
    return this.tickets.make(user, ids);
  }

  /**
   * Get an attachment
   *
   * @remarks Its uploader sees which parts are there. Others see it once it was sent.
   *
   * @throws {404} There is no such attachment, or it is not yours to see.
   */
  @Get(':attachment_id')
  getAttachment(
    @CurrentUser() user: AuthUser,
    @Param('attachment_id', IdPipe) id: string,
  ): Promise<AttachmentDto> {
    return this.uploads.get(user, id);
  }

  /**
   * Drop an upload
   *
   * @remarks One that was not sent; a file that was sent goes with its message.
   *
   * @throws {404} There is no such attachment, or it is not yours to see.
   * @throws {409} [attachment-state] A message has this attachment. Delete the message instead.
   */
  @Delete(':attachment_id')
  @HttpCode(204)
  dropUpload(
    @CurrentUser() user: AuthUser,
    @Param('attachment_id', IdPipe) id: string,
  ): Promise<void> {
    return this.uploads.drop(user, id);
  }
}

import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Param,
  Patch,
  Post,
  Query,
  Res,
} from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CurrentUser, type AuthUser } from '../common/current-user.js';
import { IdPipe } from '../common/validators.js';
import { MessageEditor } from './message-editor.js';
import {
  EditMessageDto,
  MessageDto,
  MessagePageDto,
  MessageQuery,
  SendMessageDto,
} from './message.dto.js';
import { MessageService } from './message.service.js';
import { pageText } from './page-text.js';

@ApiTags('message')
@ApiBearerAuth()
@Controller('message')
export class MessageController {
  constructor(
    private readonly messages: MessageService,
    private readonly editor: MessageEditor,
  ) {}

  /**
   * Send a message
   *
   * @remarks Anyone may post to a public room and becomes its member by it. The answer comes once the
   * message is safely stored. After a lost answer, send again with the same `client_id`.
   *
   * @throws {404} There is no such chat, or it is not yours to see.
   * @throws {422} You have sent another message with this client_id to this chat.
   */
  @Post()
  @ApiCreatedResponse({ type: MessageDto, description: 'The message, stored' })
  @ApiOkResponse({
    type: MessageDto,
    description: 'A retry: the message that stands there already',
  })
  async sendMessage(
    @CurrentUser() user: AuthUser,
    @Body() dto: SendMessageDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<MessageDto> {
    const { message, isRepeat } = await this.messages.send(user, dto);
    void reply.status(isRepeat ? 200 : 201);
    return message;
  }

  /**
   * Read a room's messages
   *
   * @remarks By `seq`, ascending: the newest page, or the one right `before` or `after` a `seq`.
   *
   * @throws {404} There is no such chat, or it is not yours to see.
   */
  @Get()
  async listMessages(
    @CurrentUser() user: AuthUser,
    @Query() query: MessageQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<MessagePageDto> {
    const page = await this.messages.list(user, query);
    void reply.type('application/json; charset=utf-8').serializer(pageText);
    return page;
  }

  /**
   * Get a message
   *
   * @throws {404} There is no such message, or it is not yours to see.
   */
  @Get(':message_id')
  getMessage(
    @CurrentUser() user: AuthUser,
    @Param('message_id', IdPipe) id: string,
  ): Promise<MessageDto> {
    return this.messages.get(user, id);
  }

  /**
   * Edit a message of yours
   *
   * @throws {403} Only its sender edits a message.
   * @throws {404} There is no such message, or it is not yours to see.
   * @throws {409} This message is deleted.
   */
  @Patch(':message_id')
  editMessage(
    @CurrentUser() user: AuthUser,
    @Param('message_id', IdPipe) id: string,
    @Body() dto: EditMessageDto,
  ): Promise<MessageDto> {
    return this.editor.edit(user, id, dto.message);
  }

  /**
   * Delete a message
   *
   * @remarks Its sender may, and owner and admins of its room. A tombstone stays: `message` is null.
   *
   * @throws {403} Your role in this chat does not allow it.
   * @throws {404} There is no such message, or it is not yours to see.
   */
  @Delete(':message_id')
  @HttpCode(204)
  deleteMessage(
    @CurrentUser() user: AuthUser,
    @Param('message_id', IdPipe) id: string,
  ): Promise<void> {
    return this.editor.delete(user, id);
  }
}

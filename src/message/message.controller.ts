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
import { CurrentUser, type AuthUser } from '../http/current-user.js';
import { IdPipe } from '../http/validators.js';
import { MessageEditor } from './change/message-editor.js';
import { pageJson } from './message-cache.js';
import {
  EditMessageDto,
  MessageDto,
  MessagePageDto,
  MessageQuery,
  SendMessageDto,
} from './message.dto.js';
import { MessageSender } from './send/message-sender.js';
import { MessageService } from './read/message.service.js';

@ApiTags('message')
@ApiBearerAuth()
@Controller('message')
export class MessageController {
  constructor(
    private readonly sender: MessageSender,
    private readonly messages: MessageService,
    private readonly editor: MessageEditor,
  ) {}

  /**
   * Send a message
   *
   * @remarks Anyone may post to a public room and becomes its member by it. The answer comes once the
   * message is safely stored. After a lost answer, send again with the same `client_id`. A direct room
   * with somebody whose account is erased takes no more messages (404).
   *
   * @throws {404} There is no such chat, or it is not yours to see.
   * @throws {409} [too-many-rooms] You are in 5000 chats, which is as many as may be. Leave one first.
   * @throws {409} [room-full] This chat has counted as far as it can: nothing can be added to it. Make another one.
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
    const { message, isRepeat } = await this.sender.send(user, dto);
    void reply.status(isRepeat ? 200 : 201);
    return message;
  }

  /**
   * Read a room's messages
   *
   * @remarks By `seq`, ascending: the newest page, or the one right `before` or `after` a `seq`. With
   * `changed_after` by `change`: what changed since. With `ids` those of the messages that are in the
   * room: others are left out, be they in another room or nowhere. An answer ends with the message whose
   * text passes 1 MiB.
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
    void reply.type('application/json; charset=utf-8').serializer(pageJson);
    return page;
  }

  /**
   * Get a message
   *
   * @remarks One that is deleted is a tombstone: `message` is null, `deleted_at` says since when.
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
   * @remarks `edited_at` says when; the text before is not kept.
   *
   * @throws {403} Only its sender edits a message.
   * @throws {404} There is no such message, or it is not yours to see.
   * @throws {409} [message-deleted] This message is deleted.
   * @throws {409} [room-full] This chat has counted as far as it can: nothing can be added to it. Make another one.
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

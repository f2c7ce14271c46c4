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
import {
  ChatDto,
  ChatPageDto,
  ChatQuery,
  CreateChatDto,
  DirectChatDto,
  OpenDirectChatDto,
  UpdateChatDto,
} from './chat.dto.js';
import { ChatEditor } from './chat-editor.js';
import { ChatService } from './chat.service.js';
import { DirectService } from './direct.service.js';

@ApiTags('chat')
@ApiBearerAuth()
@Controller('chat')
export class ChatController {
  constructor(
    private readonly chats: ChatService,
    private readonly editor: ChatEditor,
    private readonly directs: DirectService,
  ) {}

  /**
   * Make a room; you become its owner
   *
   * @remarks Public unless you say `private`: every signed-in user sees it, reads it and may post.
   *
   * @throws {409} [too-many-rooms] You are in 5000 chats, which is as many as may be. Leave one first.
   */
  @Post()
  createChat(@CurrentUser() user: AuthUser, @Body() dto: CreateChatDto): Promise<ChatDto> {
    return this.editor.create(user, dto);
  }

  /**
   * List the rooms you may see
   *
   * @remarks Every public one and those you are a member of, oldest first. A page also ends where the
   * text of its last messages fills an answer. With `q` it may hold fewer than `limit`, or none, while
   * `has_more` is true: it looks at some thousand rooms, and `next` is where the next one goes on.
   */
  @Get()
  listChats(@CurrentUser() user: AuthUser, @Query() query: ChatQuery): Promise<ChatPageDto> {
    return this.chats.list(user, query);
  }

  /**
   * Get a room
   *
   * @remarks As the list shows it: with what was said last, and how far you have read.
   *
   * @throws {404} There is no such chat, or it is not yours to see.
   */
  @Get(':chat_id')
  getChat(
    @CurrentUser() user: AuthUser,
    @Param('chat_id', IdPipe) chatId: string,
  ): Promise<ChatDto> {
    return this.chats.get(user, chatId);
  }

  /**
   * Open the direct room with another user
   *
   * @remarks There is one for the two of you, whoever opens it first.
   *
   * @throws {404} There is no such user.
   * @throws {409} [too-many-rooms] One of you is in as many chats as may be, or the other one in as many as others may put them into.
   */
  @Post('direct')
  @ApiCreatedResponse({ type: DirectChatDto, description: 'The room, made just now' })
  @ApiOkResponse({ type: DirectChatDto, description: 'The room that is there already' })
  async openDirectChat(
    @CurrentUser() user: AuthUser,
    @Body() dto: OpenDirectChatDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ChatDto> {
    const { chat, isNew } = await this.directs.getOrCreate(user, dto.user_id);
    void reply.status(isNew ? 201 : 200);
    return chat;
  }

  /**
   * Rename a room, or change who sees it
   *
   * @remarks Owner and admins rename; the owner alone changes the visibility.
   *
   * @throws {403} Your role in this chat does not allow it.
   * @throws {404} There is no such chat, or it is not yours to see.
   * @throws {409} [room-full] This chat has counted as far as it can: nothing can be added to it. Make another one.
   */
  @Patch(':chat_id')
  updateChat(
    @CurrentUser() user: AuthUser,
    @Param('chat_id', IdPipe) chatId: string,
    @Body() dto: UpdateChatDto,
  ): Promise<ChatDto> {
    return this.editor.update(user, chatId, dto);
  }

  /**
   * Delete a room with everything in it
   *
   * @remarks For good; its owner alone may. Its key is destroyed, and all its messages are noise.
   *
   * @throws {403} Your role in this chat does not allow it.
   * @throws {404} There is no such chat, or it is not yours to see.
   */
  @Delete(':chat_id')
  @HttpCode(204)
  deleteChat(
    @CurrentUser() user: AuthUser,
    @Param('chat_id', IdPipe) chatId: string,
  ): Promise<void> {
    return this.editor.delete(user, chatId);
  }
}

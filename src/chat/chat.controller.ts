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

  /** Make a room; you become its owner */
  @Post()
  createChat(@CurrentUser() user: AuthUser, @Body() dto: CreateChatDto): Promise<ChatDto> {
    return this.editor.create(user, dto);
  }

  /**
   * List the rooms you may see
   *
   * @remarks Every public one and those you are a member of, oldest first.
   */
  @Get()
  listChats(@CurrentUser() user: AuthUser, @Query() query: ChatQuery): Promise<ChatPageDto> {
    return this.chats.list(user, query);
  }

  /**
   * Get a room
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

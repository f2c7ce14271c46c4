import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { CurrentUser, type AuthUser } from '../common/current-user.js';
import { IdPipe } from '../common/validators.js';
import { ChatDto, ChatPageDto, ChatQuery, CreateChatDto } from './chat.dto.js';
import { ChatService } from './chat.service.js';

@ApiTags('chat')
@ApiBearerAuth()
@Controller('chat')
export class ChatController {
  constructor(private readonly chats: ChatService) {}

  /** Make a room; you become its owner */
  @Post()
  createChat(@CurrentUser() user: AuthUser, @Body() dto: CreateChatDto): Promise<ChatDto> {
    return this.chats.create(user, dto);
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
}

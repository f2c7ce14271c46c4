import { Body, Controller, Delete, Get, HttpCode, Param, Put, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiParam, ApiTags } from '@nestjs/swagger';
import { CurrentUser, type AuthUser } from '../http/current-user.js';
import { IdOrMePipe, IdPipe } from '../http/validators.js';
import { MemberDto, MemberPageDto, MemberQuery, PutMemberDto, ReadDto } from './member.dto.js';
import { MemberEditor } from './member-editor.js';
import { ReadMarkers } from './read-markers.js';
import { MemberService } from './member.service.js';

const ApiUserIdOrMe = (): MethodDecorator =>
  ApiParam({
    name: 'user_id',
    description: 'Id of a user, or `me`.',
    schema: {
      example: 'me',
      anyOf: [
        { type: 'string', format: 'uuid' },
        { type: 'string', enum: ['me'] },
      ],
    },
  });

@ApiTags('chat')
@ApiBearerAuth()
@Controller('chat/:chat_id')
export class MemberController {
  constructor(
    private readonly members: MemberService,
    private readonly editor: MemberEditor,
    private readonly markers: ReadMarkers,
  ) {}

  /**
   * List the members of a room
   *
   * @remarks By the ids of the users. Whoever may read the room may ask.
   *
   * @throws {404} There is no such chat, or it is not yours to see.
   */
  @Get('members')
  listMembers(
    @CurrentUser() user: AuthUser,
    @Param('chat_id', IdPipe) chatId: string,
    @Query() query: MemberQuery,
  ): Promise<MemberPageDto> {
    return this.members.list(user, chatId, query);
  }

  /**
   * Add a member, change a role, or join
   *
   * @remarks With `me` for `user_id` you join a public room. Owner and admins add members, the owner
   * alone gives roles. To repeat a request changes nothing.
   *
   * @throws {403} Your role in this chat does not allow it.
   * @throws {404} There is no such chat, or it is not yours to see.
   * @throws {409} [owner-must-stay] A chat has an owner. Hand it over first by giving another member the role "owner", or delete the chat.
   * @throws {409} [too-many-rooms] This user is in 5000 chats, which is as many as may be.
   * @throws {409} [room-full] This chat has counted as far as it can: nothing can be added to it. Make another one.
   */
  @Put('members/:user_id')
  @ApiUserIdOrMe()
  @ApiBody({ type: PutMemberDto, required: false })
  putMember(
    @CurrentUser() user: AuthUser,
    @Param('chat_id', IdPipe) chatId: string,
    @Param('user_id', IdOrMePipe) userId: string,
    @Body() dto: PutMemberDto,
  ): Promise<MemberDto> {
    const id = userId === 'me' ? user.id : userId;
    return this.editor.put(user, chatId, id, dto.role);
  }

  /**
   * Remove a member, or leave
   *
   * @remarks With `me` for `user_id` you leave. An owner who is alone deletes the room by leaving.
   *
   * @throws {403} Your role in this chat does not allow it.
   * @throws {404} There is no such chat, or it is not yours to see.
   * @throws {409} [owner-must-stay] A chat has an owner. Hand it over first by giving another member the role "owner", or delete the chat.
   */
  @Delete('members/:user_id')
  @ApiUserIdOrMe()
  @HttpCode(204)
  removeMember(
    @CurrentUser() user: AuthUser,
    @Param('chat_id', IdPipe) chatId: string,
    @Param('user_id', IdOrMePipe) userId: string,
  ): Promise<void> {
    return this.editor.remove(user, chatId, userId === 'me' ? user.id : userId);
  }

  /**
   * Mark a room as read
   *
   * @remarks Your read marker never moves back.
   *
   * @throws {403} [not-a-member] You are not a member of this chat. Join it first: PUT /chat/{chat_id}/members/me.
   * @throws {404} There is no such chat, or it is not yours to see.
   */
  @Put('read')
  @HttpCode(204)
  markRead(
    @CurrentUser() user: AuthUser,
    @Param('chat_id', IdPipe) chatId: string,
    @Body() dto: ReadDto,
  ): Promise<void> {
    return this.markers.move(user, chatId, dto.seq);
  }
}

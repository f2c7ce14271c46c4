import { Controller, Delete, HttpCode, Param, Put } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { CurrentUser, type AuthUser } from '../../http/current-user.js';
import { IdPipe } from '../../http/validators.js';
import { EmojiPipe } from './emoji.pipe.js';
import { ReactionService } from './reaction.service.js';

@ApiTags('message')
@ApiBearerAuth()
@Controller('message/:message_id/reactions/:emoji')
export class ReactionController {
  constructor(private readonly reactions: ReactionService) {}

  /**
   * React to a message with an emoji
   *
   * @remarks In a public room your first reaction joins. To repeat one changes nothing.
   *
   * @throws {404} There is no such message, or it is not yours to see.
   * @throws {409} [too-many-reactions] This message bears 50 different emojis already. Use one of them.
   * @throws {409} [message-deleted] This message is deleted.
   * @throws {409} [too-many-rooms] You are in 5000 chats, which is as many as may be. Leave one first.
   * @throws {409} [room-full] This chat has counted as far as it can: nothing can be added to it. Make another one.
   */
  @Put()
  @HttpCode(204)
  addReaction(
    @CurrentUser() user: AuthUser,
    @Param('message_id', IdPipe) id: string,
    @Param('emoji', EmojiPipe) emoji: string,
  ): Promise<void> {
    return this.reactions.add(user, id, emoji);
  }

  /**
   * Take a reaction of yours back
   *
   * @remarks To take back one that you did not give changes nothing.
   *
   * @throws {404} There is no such message, or it is not yours to see.
   * @throws {409} [room-full] This chat has counted as far as it can: nothing can be added to it. Make another one.
   */
  @Delete()
  @HttpCode(204)
  removeReaction(
    @CurrentUser() user: AuthUser,
    @Param('message_id', IdPipe) id: string,
    @Param('emoji', EmojiPipe) emoji: string,
  ): Promise<void> {
    return this.reactions.remove(user, id, emoji);
  }
}

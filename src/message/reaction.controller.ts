import { Controller, Delete, HttpCode, Param, Put } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { CurrentUser, type AuthUser } from '../common/current-user.js';
import { IdPipe } from '../common/validators.js';
import { EmojiPipe } from './emoji.js';
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
   * @throws {409} This message is deleted.
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
   * @throws {404} There is no such message, or it is not yours to see.
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

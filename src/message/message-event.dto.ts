import { OmitType } from '@nestjs/swagger';
import type { Person } from '../user/user.entity.js';
import { MessageDto, ReactionDto } from './message.dto.js';
import type { Message } from './message.entity.js';

/** How often a message got one emoji. */
export class SharedReactionDto extends OmitType(ReactionDto, ['me'] as const) {}

/** A message without what is its reader's own. */
export class SharedMessageDto extends OmitType(MessageDto, ['reactions'] as const) {
  reactions: SharedReactionDto[];

  static of(message: Message, sender: Person): SharedMessageDto {
    const view = MessageDto.of(message, sender, []);
    return { ...view, reactions: view.reactions.map(({ emoji, count }) => ({ emoji, count })) };
  }
}

/** A message was sent, edited or deleted. */
export class MessageChangedDto {
  /** @example 019ab3c1-6a10-7d3e-9b61-0c2d4e6f8a12 */
  chat_id: string;

  /**
   * The room's counter of changes, as of this one.
   * @example 4
   */
  change: number;

  message: SharedMessageDto;
}

/** Somebody reacted to a message, or took a reaction back. */
export class ReactionChangedDto extends MessageChangedDto {
  /** @example 019ab3c1-5d2b-7a41-8f0e-5b7c9d1e2f30 */
  user_id: string;

  /** @example 👍 */
  emoji: string;

  /**
   * False: taken back.
   * @example true
   */
  added: boolean;
}

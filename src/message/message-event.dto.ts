import { OmitType } from '@nestjs/swagger';
import { MessageDto, ReactionDto } from './message.dto.js';

/** How often a message got one emoji. */
export class SharedReactionDto extends OmitType(ReactionDto, ['me'] as const) {}

/** A message without what is its reader's own. */
export class SharedMessageDto extends OmitType(MessageDto, ['client_id', 'reactions'] as const) {
  /** Always null: shown to the sender alone. */
  client_id: string | null;

  reactions: SharedReactionDto[];
}

/** A message was sent, edited or deleted. */
export class MessageChangedDto {
  type: 'message.created' | 'message.updated' | 'message.deleted';

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
export class ReactionChangedDto extends OmitType(MessageChangedDto, ['type'] as const) {
  type: 'reaction.changed';

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

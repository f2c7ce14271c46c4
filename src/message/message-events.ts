import type { RoomEvent } from '../events/events.js';
import type { Person } from '../user/user.entity.js';
import type {
  MessageChangedDto,
  ReactionChangedDto,
  SharedMessageDto,
} from './message-event.dto.js';
import { MessageDto } from './message.dto.js';
import type { Message } from './message.entity.js';

/** A message without what is its reader's own. */
export function sharedMessage(message: Message, sender: Person): SharedMessageDto {
  const view = MessageDto.of(message, sender);
  return { ...view, reactions: view.reactions.map(({ emoji, count }) => ({ emoji, count })) };
}

/** What members hear of a message, as it stands after its change. */
export function messageEvent(
  name: MessageChangedDto['type'],
  message: Message,
  sender: Person,
): RoomEvent {
  const payload: MessageChangedDto = { type: name, ...changedMessage(message, sender) };
  return roomEvent(message, payload);
}

/** What members hear of a reaction that was given, or taken back. */
export function reactionEvent(
  message: Message,
  sender: Person,
  { userId, emoji, added }: { userId: string; emoji: string; added: boolean },
): RoomEvent {
  const changed = changedMessage(message, sender);
  const type = 'reaction.changed';
  const payload: ReactionChangedDto = { type, ...changed, user_id: userId, emoji, added };
  return roomEvent(message, payload);
}

function changedMessage(message: Message, sender: Person): Omit<MessageChangedDto, 'type'> {
  const { chatId, change } = message;
  return { chat_id: chatId, change, message: sharedMessage(message, sender) };
}

function roomEvent({ chatId, change }: Message, payload: RoomEvent['payload']): RoomEvent {
  return { type: 'room.event', name: payload.type, chatId, change, payload };
}

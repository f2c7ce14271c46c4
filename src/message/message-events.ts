import type { RoomEvent } from '../events/events.js';
import type { Person } from '../user/user.entity.js';
import {
  type MessageChangedDto,
  type ReactionChangedDto,
  SharedMessageDto,
} from './message-event.dto.js';
import type { Message } from './message.entity.js';

type MessageEventName = 'message.created' | 'message.updated' | 'message.deleted';

/** What members hear of a message, as it stands after its change. */
export function messageEvent(name: MessageEventName, message: Message, sender: Person): RoomEvent {
  const payload = changedMessage(message, sender);
  return roomEvent(name, message, payload);
}

/** What members hear of a reaction that was given, or taken back. */
export function reactionEvent(
  message: Message,
  sender: Person,
  { userId, emoji, added }: { userId: string; emoji: string; added: boolean },
): RoomEvent {
  const changed = changedMessage(message, sender);
  const payload: ReactionChangedDto = { ...changed, user_id: userId, emoji, added };
  return roomEvent('reaction.changed', message, payload);
}

function changedMessage(message: Message, sender: Person): MessageChangedDto {
  const { chatId, change } = message;
  return { chat_id: chatId, change, message: SharedMessageDto.of(message, sender) };
}

function roomEvent(
  name: RoomEvent['name'],
  { chatId, change }: Message,
  payload: object,
): RoomEvent {
  return { type: 'room.event', name, chatId, change, payload };
}

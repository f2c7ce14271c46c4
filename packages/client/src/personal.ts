import type { Message, MessageEvent, ReactionEvent } from './types.js';

/** The message of an event, with what the event leaves out since it depends on who reads it. */
export function personal(
  event: MessageEvent | ReactionEvent,
  myId: string,
  held?: Message | null,
): Message {
  const { message } = event;
  if (held && held.change >= message.change) return held;
  const own = new Set(held?.reactions.filter(({ me }) => me).map(({ emoji }) => emoji));
  if (event.type === 'reaction.changed' && event.user_id === myId) {
    if (event.added) own.add(event.emoji);
    else own.delete(event.emoji);
  }
  return {
    ...message,
    client_id: message.deleted_at ? null : (held?.client_id ?? null),
    reactions: message.reactions.map((each) => ({ ...each, me: own.has(each.emoji) })),
  };
}

/** News that travels between modules, and between the processes of one installation. */
export type DomainEvent = SessionsEnded | KeysDestroyed | ChatDeleted | EventsLost | RoomEvent;

/** Sessions that are over: none of their tokens counts any more. */
export interface SessionsEnded {
  type: 'sessions.ended';
  sessionIds: string[];
}

/** Keys of rooms or users that are gone: nothing may be opened from memory with them either. */
export interface KeysDestroyed {
  type: 'keys.destroyed';
  ownerIds: string[];
}

/** A room that is over; its rows are still to be cleared away. */
export interface ChatDeleted {
  type: 'chat.deleted';
  chatId: string;
}

/** Events of another process that have not come here: whoever relies on them is to look again. */
export interface EventsLost {
  type: 'events.lost';
}

/** What clients hear of, by its name on the wire. */
export type RoomEventName =
  | 'message.created'
  | 'message.updated'
  | 'message.deleted'
  | 'reaction.changed'
  | 'chat.updated'
  | 'chat.deleted'
  | 'member.changed'
  | 'read.changed'
  | 'typing';

/** What members of a room hear. Nothing in it depends on who reads it. */
export interface RoomEvent {
  type: 'room.event';
  name: RoomEventName;
  chatId: string;
  /** Its place in the room's order; none for what stands outside of it. */
  change?: number;
  /** As it goes to the clients. */
  payload: object;
  /** Of a change of members: whom it concerns. */
  subject?: { userId: string; action: 'added' | 'changed' | 'removed' };
  /** The one user who alone hears it. */
  only?: string;
  /** The one user who does not hear it. */
  except?: string;
}

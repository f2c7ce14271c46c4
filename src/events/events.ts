/** News that travels between modules, and between the processes of one installation. */
export type DomainEvent =
  | SessionsEnded
  | KeysDestroyed
  | KeysChanged
  | TextsDestroyed
  | MemoryStale
  | EventsLost
  | ProfileChanged
  | RoomEvent;

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

/** Rooms or users who have got a further key, or the same one wrapped anew. */
export interface KeysChanged {
  type: 'keys.changed';
  ownerIds: string[];
}

/** Messages whose text was deleted or replaced: what was opened of it is to be forgotten. */
export interface TextsDestroyed {
  type: 'texts.destroyed';
  messageIds: string[];
}

/** What was destroyed elsewhere cannot be told any more: all that is remembered of keys and texts goes. */
export interface MemoryStale {
  type: 'memory.stale';
}

/** Events of another process that have not come here: whoever relies on them is to look again. */
export interface EventsLost {
  type: 'events.lost';
}

/** A user who has changed names or profile. */
export interface ProfileChanged {
  type: 'profile.changed';
  userId: string;
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
  /** As it goes to the clients; it begins with the event's name. */
  payload: { type: RoomEventName };
  /** Of a change of members: whom it concerns. */
  subject?: { userId: string; action: 'added' | 'changed' | 'removed' };
  /** The one user who alone hears it. */
  only?: string;
  /** The one user who does not hear it. */
  except?: string;
}

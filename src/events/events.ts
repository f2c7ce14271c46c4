/** News that travels between modules, and between the processes of one installation. */
export type DomainEvent = SessionsEnded | KeysDestroyed | ChatDeleted;

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

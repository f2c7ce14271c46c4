import type { AuthUser } from '../http/current-user.js';
import type { RoomEvent } from '../events/events.js';

/** Milliseconds that a client has to take in the end of its connection; then it is cut off. */
export const FAREWELL_MS = 1000;

/** What a client is told of: what happens in a room, or to a user. */
export type ClientEvent = Pick<RoomEvent, 'change' | 'subject'> & { name: string; payload: object };

/** A socket or an event stream of a signed-in user. Which rooms it hears is kept by `Connections`. */
export interface Connection {
  readonly user: AuthUser;
  /** The one room that it is for; unset: every room that its user has joined. */
  readonly chatId?: string;
  /** The rooms that it hears. */
  readonly chatIds: Set<string>;
  /** @param data the event's payload as JSON */
  deliver(event: ClientEvent, data: string): void;
  enter(chatId: string): void;
  leave(chatId: string): void;
  /** It hears its rooms, or may have missed something: its client is to catch up. */
  ready(history: string): void;
  /** Its session or its room is over: its client is not to come back by itself. */
  close(): void;
  /** The server goes: its client is to come back to another one. */
  release(): void;
}

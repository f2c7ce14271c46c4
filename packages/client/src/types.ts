import type { components } from './schema.js';

type Schemas = components['schemas'];

/** What everybody sees of a user: names are `null` where they gave none, or their account has ended. */
export type Profile = Schemas['Profile'];
/** Your own account. */
export type User = Schemas['User'];
/** What an account begins with. */
export type SignUp = Schemas['SignUp'];
/** A room, with what concerns you of it: your role, how far you have read. */
export type Chat = Schemas['Chat'];
export type Member = Schemas['Member'];
export type Role = Schemas['Role'];
export type Visibility = Schemas['Visibility'];
export type Message = Schemas['Message'];
/** A file of a message. */
export type Attachment = Schemas['MessageAttachment'];
export type LoginSession = Schemas['Session'];
/** What a server offers: whether it is open for sign-up, and more. */
export type ServerInfo = Schemas['Server'];
export type SyncAnswer = Schemas['SyncAnswer'];
export type ServerEvent = Schemas['ServerEvent'];

export type MessageEvent = Schemas['MessageChangedEvent'];
export type ReactionEvent = Schemas['ReactionChangedEvent'];
export type MemberEvent = Schemas['MemberChangedEvent'];

/** An event that takes a room's next `change`. */
export type RoomEvent = MessageEvent | ReactionEvent | MemberEvent | Schemas['ChatUpdatedEvent'];

/** Somebody of whom nothing is known, or whose account has ended. */
export function nameless(id: string): Profile {
  return { id, fname: null, lname: null, profile: null };
}

import type { Catch, Cursors } from './feed.js';
import { RoomState } from './room-state.js';
import type { Chat, Profile, RoomEvent, ServerEvent } from './types.js';

interface Parts {
  /** Something of a room has changed, or the room itself is new or gone. */
  onChange: (chatId: string) => void;
  /** An event was taken into a room, in its turn or ahead of it. */
  onEvent: (event: RoomEvent) => void;
  onTyping: (chatId: string, userId: string) => void;
  /** Somebody has changed their name or profile. */
  onPerson: (person: Profile) => void;
}

/** The rooms that the user is in, as far as the server has told. */
export class Store {
  readonly rooms = new Map<string, RoomState>();
  history: string | null = null;
  private myId = '';
  /** Who was shown anew, and when, counted. */
  private readonly people = new Map<string, { person: Profile; at: number }>();
  private changes = 0;

  constructor(private readonly parts: Parts) {}

  begin(myId: string): void {
    this.clear();
    this.myId = myId;
  }

  /** Ids of everybody who is shown somewhere. */
  shownPeople(): Set<string> {
    const rooms = [...this.rooms.values()];
    return new Set(rooms.flatMap((room) => room.shownPeople()));
  }

  clear(): void {
    const ids = [...this.rooms.keys()];
    this.rooms.clear();
    this.history = null;
    this.people.clear();
    for (const id of ids) this.parts.onChange(id);
  }

  cursors(): Cursors {
    const rooms = [...this.rooms].map(([id, { change }]): [string, number] => [id, change]);
    return { rooms: Object.fromEntries(rooms), history: this.history };
  }

  /** A room that the user has just made, joined or opened. */
  adopt(chat: Chat): void {
    if (chat.role === null) return;
    if (!this.rooms.has(chat.id)) this.rooms.set(chat.id, new RoomState(chat, this.myId));
    this.parts.onChange(chat.id);
  }

  drop(chatId: string): void {
    if (this.rooms.delete(chatId)) this.parts.onChange(chatId);
  }

  /** @returns whether a person has been shown anew since */
  watchPeople(): (userId: string) => boolean {
    const since = this.changes;
    return (userId) => (this.people.get(userId)?.at ?? 0) > since;
  }

  /** As they are now, wherever they stand. */
  showPerson(person: Profile): void {
    this.people.set(person.id, { person, at: ++this.changes });
    this.parts.onPerson(person);
    this.show(person);
  }

  /** @param isNewer who was shown anew since something was asked for, which shows them as they were */
  showNewer(isNewer: (userId: string) => boolean): void {
    for (const { person } of this.people.values()) if (isNewer(person.id)) this.show(person);
  }

  private show(person: Profile): void {
    for (const [id, room] of this.rooms) if (room.showPerson(person)) this.parts.onChange(id);
  }

  /** @returns whether something is missing: an event before this one, or all of its room */
  receive(event: ServerEvent): boolean {
    if (event.type === 'user.updated') this.showPerson(event.user);
    else if (event.type === 'typing') this.parts.onTyping(event.chat_id, event.user_id);
    else if (event.type === 'chat.deleted') this.drop(event.chat_id);
    else if (event.type === 'read.changed') return this.receiveRead(event);
    else if (event.type !== 'reset' && 'change' in event) return this.receiveChange(event);
    return false;
  }

  take({ history, news, gone }: Catch): void {
    this.history = history;
    for (const id of gone) this.drop(id);
    for (const [id, told] of news) {
      const room = this.rooms.get(id);
      if (room) {
        room.catchUp(told);
        this.parts.onChange(id);
      } else if (told.chat) this.adopt(told.chat);
    }
  }

  private receiveRead(event: Extract<ServerEvent, { type: 'read.changed' }>): boolean {
    const room = this.rooms.get(event.chat_id);
    if (!room) return true;
    if (event.user_id === this.myId) room.readTo(event.read_seq, event.unread_count);
    room.members.readTo(event.user_id, event.read_seq);
    this.parts.onChange(event.chat_id);
    return !room.reads.isCertain;
  }

  private receiveChange(event: RoomEvent): boolean {
    const room = this.rooms.get(event.chat_id);
    if (!room) return true;
    const isMyEnd =
      event.type === 'member.changed' &&
      event.action === 'removed' &&
      event.member.user.id === this.myId;
    if (isMyEnd && event.change > room.change) {
      this.drop(event.chat_id);
      return room.hasGap; // it may have been let in again
    }
    room.receive(room.isSmall ? this.withKnownSender(event) : event);
    this.parts.onEvent(event);
    this.parts.onChange(event.chat_id);
    return room.hasGap;
  }

  /** Events of two processes cross: one may show an older name than the news of another one. */
  private withKnownSender(event: RoomEvent): RoomEvent {
    if (!('message' in event)) return event;
    const known = this.people.get(event.message.sender.id);
    return known ? { ...event, message: { ...event.message, sender: known.person } } : event;
  }
}

import { MemberList } from './member-list.js';
import { MessageWindow } from './message-window.js';
import { personal } from './personal.js';
import { Reads } from './reads.js';
import type {
  Chat,
  MemberEvent,
  Message,
  MessageEvent,
  Profile,
  ReactionEvent,
  RoomEvent,
} from './types.js';

/** What is done to a window, and again to a page that was asked for before. */
type Patch = (window: MessageWindow) => void;

/** In larger rooms nobody is told how far others have read, or that they have another name. */
export const SMALL_ROOM = 100;

/** What the server says of a room after an absence. */
export interface News {
  /** Up to which change. */
  change: number;
  /** Left out where nothing has changed. */
  chat?: Chat;
  messages: Message[];
  /** Left out where the room is read to its end. */
  unread?: { read_seq: number; unread_count: number };
  /** Whether everything that was known of the room is undone. */
  isReset: boolean;
}

/** What a client holds of a room that its user is in: the chat, up to which change, and a window of messages. */
export class RoomState {
  window: MessageWindow | null = null;
  readonly members = new MemberList();
  readonly reads = new Reads();
  /** Changes when what was read before counts no more. */
  epoch = 0;
  /** The change up to which everything of the room is here. */
  private cursor: number;
  /** Events that came before one that is not here yet. */
  private ahead: RoomEvent[] = [];
  private patches: Patch[] = [];
  private pages = 0;
  private shown: { of: Chat; view: Chat } | null = null;

  constructor(
    private chat: Chat,
    private readonly myId: string,
  ) {
    this.cursor = chat.last_change;
    this.reads.set(chat.last_seq, chat.read_seq ?? 0, chat.unread_count ?? 0);
  }

  /** As it is now, with the caller's own marker: the same object while nothing changes. */
  get view(): Chat {
    const { readSeq, unread } = this.reads;
    const { shown } = this;
    if (
      shown?.of !== this.chat ||
      shown.view.read_seq !== readSeq ||
      shown.view.unread_count !== unread
    )
      this.shown = {
        of: this.chat,
        view: { ...this.chat, read_seq: readSeq, unread_count: unread },
      };
    return this.shown!.view;
  }

  /** Whether its members are told of new names. */
  get isSmall(): boolean {
    return this.chat.member_count <= SMALL_ROOM;
  }

  get change(): number {
    return this.cursor;
  }

  /** Whether an event is known of that is not here. */
  get hasGap(): boolean {
    return this.ahead.length > 0;
  }

  /** Whether the window is to be read anew: all of it, or because messages are missing at its end. */
  get isStale(): boolean {
    const { window } = this;
    if (!window) return false;
    return window.isStale || (!window.hasNewer && window.lastSeq < this.chat.last_seq);
  }

  /** An event counts once, and in its turn. */
  receive(event: RoomEvent): void {
    this.ahead.push(event);
    this.ahead.sort((a, b) => a.change - b.change);
    this.drain();
  }

  /** What the server says after an absence. */
  catchUp({ change, chat, messages, unread, isReset }: News): void {
    if (isReset) this.forget();
    else if (change < this.cursor) return; // events have told more meanwhile
    if (chat) {
      this.chat = chat;
      this.members.isStale = true;
    }
    this.cursor = change;
    const end = this.chat.last_seq;
    this.reads.set(end, unread?.read_seq ?? chat?.read_seq ?? end, unread?.unread_count ?? 0);
    for (const message of messages) this.put(message);
    this.drain();
  }

  /** The caller's own marker, from another device, or from here. */
  readTo(seq: number, unread?: number): void {
    this.reads.moveTo(seq, unread);
  }

  /** Shows a person as they are now, wherever they stand. @returns whether they do */
  showPerson(person: Profile): boolean {
    const isShown = this.shownPeople().includes(person.id);
    const shown = (message: Message): Message =>
      message.sender.id === person.id ? { ...message, sender: person } : message;
    this.patch((window) => window.map(shown));
    this.ahead = this.ahead.map((event) =>
      'message' in event && event.message.sender.id === person.id
        ? { ...event, message: { ...event.message, sender: person } }
        : event,
    );
    const { last_message: last, peer } = this.chat;
    if (last?.sender.id === person.id) this.chat = { ...this.chat, last_message: shown(last) };
    if (peer?.id === person.id) this.chat = { ...this.chat, peer: person };
    this.members.showPerson(person);
    return isShown;
  }

  /** Ids; one may be there more than once. */
  shownPeople(): string[] {
    const { last_message: last, peer } = this.chat;
    return [
      ...(last ? [last.sender.id] : []),
      ...(peer ? [peer.id] : []),
      ...(this.members.byId?.keys() ?? []),
      ...(this.window?.messages ?? []).map(({ sender }) => sender.id),
    ];
  }

  /** What is known of somebody. */
  person(userId: string): Profile | undefined {
    const { last_message: last, peer } = this.chat;
    if (peer?.id === userId) return peer;
    if (last?.sender.id === userId) return last.sender;
    const message = this.window?.messages.findLast(({ sender }) => sender.id === userId);
    return this.members.byId?.get(userId)?.user ?? message?.sender;
  }

  /**
   * Notes what comes while a page is on its way, which may be older than that.
   *
   * @returns what brings the window up to date once the page is in it, and ends the noting
   */
  startPage(): (isUsed: boolean) => void {
    this.pages++;
    const from = this.patches.length;
    return (isUsed) => {
      if (isUsed && this.window) for (const patch of this.patches.slice(from)) patch(this.window);
      if (--this.pages === 0) this.patches = [];
    };
  }

  /** A message that a request has answered. */
  put(message: Message): void {
    this.patch((window) => window.put(message));
  }

  /** What was read before counts no more, nor does what is being read. */
  private forget(): void {
    this.ahead = [];
    this.patches = [];
    this.epoch++;
    if (this.window) this.window.isStale = true;
  }

  private patch(patch: Patch): void {
    if (this.window) patch(this.window);
    if (this.pages > 0) this.patches.push(patch);
  }

  private drain(): void {
    while (this.ahead.length > 0 && this.ahead[0].change <= this.cursor + 1) {
      const event = this.ahead.shift()!;
      if (event.change <= this.cursor) continue;
      this.cursor = event.change;
      this.chat = { ...this.chat, last_change: event.change };
      this.apply(event);
    }
  }

  private apply(event: RoomEvent): void {
    if (event.type === 'chat.updated') this.chat = { ...this.chat, ...event.chat };
    else if (event.type === 'member.changed') this.applyMember(event);
    else this.applyMessage(event);
  }

  private applyMember({ member, member_count, action }: MemberEvent): void {
    const isMe = member.user.id === this.myId;
    const role = isMe ? member.role : this.chat.role;
    this.chat = { ...this.chat, member_count, role };
    this.members.apply((byId) => {
      if (action === 'removed') byId.delete(member.user.id);
      else byId.set(member.user.id, member);
    });
  }

  private applyMessage(event: MessageEvent | ReactionEvent): void {
    const { message } = event;
    const { seq } = message;
    if (event.type === 'message.created' && seq > this.chat.last_seq) {
      const last = { last_seq: seq, last_message_at: message.created_at };
      this.chat = { ...this.chat, ...last, last_message: null };
      this.reads.messageCreated(seq, message.sender.id === this.myId);
      this.members.readTo(message.sender.id, seq); // nothing else tells of it
    }
    if (event.type === 'message.deleted') this.reads.messageDeleted(seq);
    if (seq === this.chat.last_seq) {
      const last_message = personal(event, this.myId, this.chat.last_message);
      this.chat = { ...this.chat, last_message };
    }
    this.patch((window) => window.put(personal(event, this.myId, window.at(seq))));
  }
}

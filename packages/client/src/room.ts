import { messageViews, type RoomMessage } from './message-views.js';
import type { Outgoing } from './outbox.js';
import type { Change } from './optimistic.js';
import { sameFields, sameList, Snapshot } from './readable.js';
import { type Place, RoomPages } from './room-pages.js';
import type { RoomContext } from './room-context.js';
import {
  type Chat,
  type Member,
  type Message,
  nameless,
  type Profile,
  type Role,
  type Visibility,
} from './types.js';
import type { Transfer, Upload, UploadOptions } from './upload.js';

/** What a page shows of a room. */
export interface RoomSnapshot {
  /** `null` where the user is not in the room, or the server has not answered yet. */
  chat: Chat | null;
  /** A run of messages by `seq`, with what is not sent yet at its end; empty until `open`. */
  messages: readonly RoomMessage[];
  isOpen: boolean;
  isLoading: boolean;
  hasOlder: boolean;
  hasNewer: boolean;
  /** Who is in it, once `loadMembers` was called. */
  members: readonly Member[] | null;
  /** Who types. */
  typing: readonly Profile[];
}

export interface SendOptions {
  /** The message that it answers. */
  replyTo?: string | null;
  /** Of this room, at most 10, each once; those that are not complete are waited for. */
  attachments?: readonly Upload[];
}

const NONE: readonly never[] = [];

/** A room: what is so in it, and what its user does there. Every promise may fail with a `Problem`. */
export class Room {
  private readonly pages: RoomPages;
  private readonly snapshot: Snapshot<RoomSnapshot>;
  private readonly views = messageViews();
  private shown: Partial<RoomSnapshot> = {};
  private place: Place | null = null;
  private loadingMembers: Promise<void> | null = null;

  /** @internal */
  constructor(
    readonly id: string,
    private readonly context: RoomContext,
  ) {
    this.snapshot = new Snapshot(() => this.make());
    this.getSnapshot = this.snapshot.getSnapshot;
    this.subscribe = this.snapshot.subscribe;
    this.pages = new RoomPages({
      state: () => context.state(id),
      page: (query) => context.calls.listMessages(id, query),
      message: (messageId) => context.calls.getMessage(messageId),
      absences: () => context.absences,
      refreshPeople: () => void context.refreshPeople(),
      watchPeople: () => context.watchPeople(),
      onChange: () => this.touch(),
    });
  }

  readonly getSnapshot: () => RoomSnapshot;
  readonly subscribe: (listener: (snapshot: RoomSnapshot) => void) => () => void;

  /** Shows messages from now on: the newest, those around the first unread one, or around a given one. */
  open(place: Place = 'newest'): Promise<void> {
    this.place = place;
    return this.pages.open(place);
  }

  /** Lets go of the messages. */
  close(): void {
    this.place = null;
    this.pages.close();
    const state = this.context.state(this.id);
    if (state) state.window = null;
    this.touch();
  }

  loadOlder(): Promise<void> {
    return this.pages.older();
  }

  loadNewer(): Promise<void> {
    return this.pages.newer();
  }

  /**
   * Brings a file to the server, to be sent with a message. After a cut, or a reload, it goes on where it
   * was if it is given the same file again.
   */
  attach(file: Blob, options: UploadOptions = {}): Upload {
    return this.context.attach(this.id, file, options);
  }

  /** Shown at once, sent as soon as that can be, once. @returns its `key`, for `retry` and `discard` */
  send(text: string, { replyTo = null, attachments = NONE }: SendOptions = {}): string {
    const files = attachments as readonly Transfer[];
    return this.context.outbox.add(this.id, text, replyTo, files).clientId;
  }

  retry(key: string): void {
    this.context.outbox.retry(key);
  }

  discard(key: string): void {
    this.context.outbox.discard(key);
  }

  async edit(messageId: string, text: string): Promise<void> {
    await this.change(messageId, { kind: 'edit', text }, async () => {
      const message = await this.context.calls.editMessage(messageId, text);
      this.put(message);
    });
  }

  /** A tombstone stays in its place. */
  delete(messageId: string): Promise<void> {
    return this.change(messageId, { kind: 'delete' }, () =>
      this.context.calls.deleteMessage(messageId),
    );
  }

  react(messageId: string, emoji: string, me = true): Promise<void> {
    const change: Change = { kind: 'react', emoji, me };
    return this.change(messageId, change, () => this.context.calls.react(messageId, emoji, me));
  }

  /** As the page says what is seen; without `seq` everything. */
  markRead(seq = Infinity): void {
    const state = this.context.state(this.id);
    if (!state) return;
    const to = Math.min(seq, state.view.last_seq);
    if (to <= state.reads.readSeq) return;
    state.readTo(to);
    this.context.markRead(this.id, to);
  }

  /** The user types: to be called at each key. */
  type(): void {
    this.context.typing.tell(this.id);
  }

  /** Who is in the room, kept true from now on. */
  loadMembers(): Promise<void> {
    return (this.loadingMembers ??= this.readMembers().finally(() => (this.loadingMembers = null)));
  }

  async join(): Promise<void> {
    await this.context.calls.putMember(this.id, 'me');
    const showNewer = this.context.watchPeople();
    this.context.adopt(await this.context.calls.getRoom(this.id));
    showNewer();
  }

  async leave(): Promise<void> {
    await this.context.calls.removeMember(this.id, 'me');
    this.context.drop(this.id);
  }

  /** Adds somebody, or gives them another role. */
  async putMember(userId: string, role?: Role): Promise<void> {
    await this.context.calls.putMember(this.id, userId, role);
  }

  removeMember(userId: string): Promise<void> {
    return this.context.calls.removeMember(this.id, userId);
  }

  async update(changes: {
    chat_name?: string;
    visibility?: Exclude<Visibility, 'direct'>;
  }): Promise<void> {
    await this.context.calls.updateRoom(this.id, changes);
  }

  /** For good, with all of its messages. */
  async deleteRoom(): Promise<void> {
    await this.context.calls.deleteRoom(this.id);
    this.context.drop(this.id);
  }

  /** @internal Something of it has changed. */
  touch(): void {
    this.snapshot.touch();
  }

  /** @internal The room is here, or what is held of it counts no more. */
  refresh(): void {
    const state = this.context.state(this.id);
    const isMissing = this.place !== null && state?.window === null;
    if (state?.isStale || isMissing)
      this.pages.open(isMissing ? this.place! : 'newest').catch(() => undefined); // with the next catch-up
    if (state?.members.byId && state.members.isStale) this.loadMembers().catch(() => undefined);
  }

  /** @internal An own message stands under the key that it was sent by. */
  sent(item: Outgoing, message: Message): void {
    this.views.name(message.id, item.clientId);
    this.put(message);
  }

  /** An answer may show an older name of the user than is known by now. */
  private put(message: Message): void {
    this.context.state(this.id)?.put({ ...message, sender: this.context.me() ?? message.sender });
  }

  private change(id: string, change: Change, work: () => Promise<void>): Promise<void> {
    const touch = (): void => this.touch();
    return this.context.optimistic.during(id, change, work, touch);
  }

  /** What happens meanwhile is done to what comes once more, since that may be older. */
  private async readMembers(): Promise<void> {
    const state = this.context.state(this.id);
    if (!state) return;
    do {
      const end = state.members.start();
      const members = await this.allMembers().catch((error: unknown) => {
        end(null);
        throw error;
      });
      end(members);
    } while (state.members.isStale);
    this.touch();
  }

  private async allMembers(): Promise<Member[]> {
    const members: Member[] = [];
    for (let hasMore = true; hasMore;) {
      const page = await this.context.calls.listMembers(this.id, members.at(-1)?.user.id);
      members.push(...page.data);
      hasMore = page.has_more && page.data.length > 0;
    }
    return members;
  }

  private get me(): Profile {
    return this.context.me() ?? nameless(this.context.myId);
  }

  private make(): RoomSnapshot {
    const { context, id, shown } = this;
    const state = context.state(id);
    const window = state?.window ?? null;
    const byId = state?.members.byId;
    const members = byId ? [...byId.values()] : null;
    const typing = context.typing
      .of(id)
      .map((each) => state?.person(each) ?? context.typing.people.get(each) ?? nameless(each));
    return (this.shown = sameFields<RoomSnapshot>(shown, {
      chat: state?.view ?? null,
      messages: window
        ? this.views.of(window, context.outbox.of(id), context.optimistic, this.me)
        : NONE,
      isOpen: window !== null,
      isLoading: this.pages.isLoading,
      hasOlder: window?.hasOlder ?? false,
      hasNewer: window?.hasNewer ?? false,
      members: members && sameList(shown.members ?? NONE, members),
      typing: sameList(shown.typing ?? NONE, typing),
    }));
  }
}

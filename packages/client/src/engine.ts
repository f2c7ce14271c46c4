import type { Attachments } from './attachments.js';
import type { Api, Calls } from './calls.js';
import { Feed } from './feed.js';
import { Optimistic } from './optimistic.js';
import { Outbox, type Outgoing } from './outbox.js';
import { Problem } from './problem.js';
import { ReadMarkers } from './read-markers.js';
import { Realtime } from './realtime.js';
import type { RoomContext } from './room-context.js';
import type { RoomState } from './room-state.js';
import type { ClientStorage } from './storage.js';
import { Store } from './store.js';
import type { Timers } from './timers.js';
import type { Tokens, Transport } from './transport.js';
import { Typing } from './typing.js';
import { type Chat, type Message, nameless, type Profile, type RoomEvent } from './types.js';
import { attachmentOf, type Carry, Transfer, type UploadOptions } from './upload.js';

const PEOPLE_AT_ONCE = 100;

interface Parts {
  url: string;
  api: Api;
  calls: Calls;
  transport: Transport;
  tokens: Tokens;
  storage: ClientStorage;
  timers: Timers;
  me: () => Profile | null;
  /** Something of a room has changed. */
  onChange: (chatId: string) => void;
  /** What is held of a room has been caught up, dropped or begun. */
  onCaughtUp: (chatId: string) => void;
  onSent: (item: Outgoing, message: Message) => void;
  onPerson: (person: Profile) => void;
}

/** Keeps what is held of the rooms true, and brings to the server what the user does; for one user at a time. */
export class Engine implements RoomContext {
  readonly calls: Calls;
  readonly outbox: Outbox;
  readonly optimistic = new Optimistic();
  readonly typing: Typing;
  readonly realtime: Realtime;
  private readonly feed: Feed;
  private readonly store: Store;
  private readonly markers: ReadMarkers;
  myId = '';
  absences = 0;
  private isAway = true;
  private files: Promise<Attachments> | null = null;
  private readonly carry: Carry = async (...upload) => (await this.attachments()).carry(...upload);

  constructor(private readonly parts: Parts) {
    const { url, calls, tokens, storage, timers, onChange } = parts;
    this.calls = calls;
    this.store = new Store({
      onChange,
      onEvent: (event) => this.note(event),
      onTyping: (chatId, userId) => void this.hearTyping(chatId, userId),
      onPerson: parts.onPerson,
    });
    this.feed = new Feed({
      timers,
      ask: ({ rooms, history }) => calls.sync(rooms, history),
      cursors: () => this.store.cursors(),
      isOpen: (chatId) => (this.state(chatId)?.window ?? null) !== null,
      receive: (event) => this.store.receive(event),
      take: (caught) => this.store.take(caught),
      onCaughtUp: () => this.caughtUp(),
    });
    this.realtime = new Realtime({
      url,
      tokens,
      timers,
      onEvent: (event) => this.feed.hear(event),
    });
    this.realtime.status.subscribe((status) => {
      if (status !== 'online') this.isAway = true;
    });
    this.typing = new Typing(
      timers,
      (type, payload) => this.realtime.emit(type, payload),
      onChange,
    );
    this.markers = new ReadMarkers(
      timers,
      (chatId, seq) => calls.markRead(chatId, seq),
      () => this.feed.catchUpSoon(),
    );
    this.outbox = new Outbox({
      storage,
      timers,
      send: (item) => this.send(item),
      upload: ({ chatId, attachment, key }) => new Transfer(chatId, attachment, this.carry, key),
      onSent: parts.onSent,
      onChange,
    });
  }

  async begin(userId: string): Promise<void> {
    this.myId = userId;
    this.store.begin(userId);
    this.feed.start();
    this.feed.catchUp();
    this.realtime.start();
    await this.outbox.open(userId);
  }

  /** @param isForgotten what is not sent yet is dropped, else it waits for the user to come back */
  async end(isForgotten: boolean): Promise<void> {
    this.realtime.stop();
    this.feed.stop();
    this.markers.clear();
    this.typing.clear();
    this.store.clear();
    const closed = this.files?.then((files) => files.close()).catch(() => undefined);
    this.files = null;
    await this.outbox.close(isForgotten);
    await closed;
  }

  /** The rooms that the user is in. */
  chats(): Chat[] {
    return [...this.store.rooms.values()].map(({ view }) => view);
  }

  state(chatId: string): RoomState | undefined {
    return this.store.rooms.get(chatId);
  }

  me(): Profile | null {
    return this.parts.me();
  }

  attach(chatId: string, file: Blob, options: UploadOptions): Transfer {
    return new Transfer(chatId, attachmentOf(file), this.carry, undefined, file, options);
  }

  /** What has to do with files, which is loaded where somebody has some. @throws Problem */
  attachments(): Promise<Attachments> {
    return (this.files ??= import('./attachments.js').then(
      ({ Attachments }) => new Attachments(this.parts, this.myId, this.outbox),
      (error: unknown) => {
        this.files = null; // it may come the next time
        throw Problem.noAnswer(error);
      },
    ));
  }

  markRead(chatId: string, seq: number): void {
    this.markers.mark(chatId, seq);
    this.parts.onChange(chatId);
  }

  adopt(chat: Chat): void {
    this.store.adopt(chat);
    this.parts.onCaughtUp(chat.id);
  }

  drop(chatId: string): void {
    this.store.drop(chatId);
  }

  private note(event: RoomEvent): void {
    this.optimistic.note(event, this.myId);
    if (event.type !== 'message.created') return;
    const { message } = event;
    this.typing.end(event.chat_id, message.sender.id);
    if (message.sender.id === this.myId) this.outbox.believe(message);
  }

  /** Somebody who types and has not written yet is asked for. */
  private async hearTyping(chatId: string, userId: string): Promise<void> {
    const { people } = this.typing;
    this.typing.hear(chatId, userId);
    if (this.state(chatId)?.person(userId) ?? people.has(userId)) return;
    const [person] = await this.calls.people({ ids: [userId] }).catch(() => []);
    if (person) people.set(userId, person);
    this.parts.onChange(chatId);
  }

  private caughtUp(): void {
    for (const [chatId, seq] of this.markers.pending) this.state(chatId)?.readTo(seq);
    this.optimistic.settle();
    this.realtime.caughtUp();
    this.outbox.wake();
    if (this.isAway && this.realtime.status.getSnapshot() === 'online') this.comeBack();
    for (const chatId of this.store.rooms.keys()) this.parts.onCaughtUp(chatId);
  }

  /** What stands outside of a room's changes was missed: who has read how far, and new names. */
  private comeBack(): void {
    this.isAway = false;
    this.absences++;
    for (const room of this.store.rooms.values()) room.members.isStale = true;
    void this.refreshPeople();
  }

  /** To be called before something is asked for. @returns what is to be called once that is shown */
  watchPeople(): () => void {
    const isNewer = this.store.watchPeople();
    return () => this.store.showNewer(isNewer);
  }

  /** Asks how those who are shown are called now. */
  async refreshPeople(): Promise<void> {
    const ids = [...this.store.shownPeople()];
    const isNewer = this.store.watchPeople();
    for (let i = 0; i < ids.length; i += PEOPLE_AT_ONCE) {
      const asked = ids.slice(i, i + PEOPLE_AT_ONCE);
      const found = await this.calls.people({ ids: asked }).catch(() => null);
      if (!found) return void (this.isAway = true); // and so again with the next catch-up
      const known = new Map(found.map((person) => [person.id, person]));
      for (const id of asked.filter((each) => !isNewer(each)))
        this.store.showPerson(known.get(id) ?? nameless(id)); // their account has ended
    }
  }

  /** Once its files are there. @throws Problem */
  private async send({ chatId, text, clientId, replyTo, files }: Outgoing): Promise<Message> {
    const attachments = await Promise.all(files.map((file) => file.retry()));
    const ids = attachments.map(({ id }) => id);
    try {
      return await this.calls.send(chatId, text, clientId, replyTo, ids);
    } catch (error) {
      const problem = Problem.from(error);
      // One has ended meanwhile: who tries again brings it once more.
      if (isOfFiles(problem)) for (const file of files) file.report({ state: 'failed', problem });
      throw problem;
    }
  }
}

function isOfFiles({ type, fields }: Problem): boolean {
  return type === 'urn:conclave:problem:attachment-state' || 'attachments' in fields;
}

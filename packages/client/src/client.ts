import createFetchClient from 'openapi-fetch';
import { type Api, Calls } from './calls.js';
import { Engine } from './engine.js';
import { callback, type Readable, sameList, Snapshot, Variable } from './readable.js';
import type { Status } from './realtime.js';
import { Room } from './room.js';
import type { paths } from './schema.js';
import { search, type SearchOptions, type SearchPage } from './search.js';
import { Session, type SignedOutReason } from './session.js';
import { type ClientStorage, defaultStorage } from './storage.js';
import { REAL_TIMERS, type Timers } from './timers.js';
import { answerOf, Transport } from './transport.js';
import type { Attachment, Chat, Profile, ServerInfo, SignUp, User } from './types.js';

export interface ClientOptions {
  /** Where the server is; in a browser the page's own origin when left out. */
  url?: string;
  /** Where the session and what is not sent yet are kept; `localStorage`, or memory where there is none. */
  storage?: ClientStorage;
  fetch?: typeof fetch;
  timers?: Timers;
}

/** `restoring`: what is stored is being read, which takes a moment. */
export type SessionState = 'restoring' | 'signed-in' | 'signed-out';

/** A user's session with a server: rooms, messages, and what happens in them. */
export class ConclaveClient {
  /** The API in one line for each call, with the session's token. */
  readonly calls: Calls;
  /** The API itself, typed, for what has no line. */
  readonly api: Api;

  private readonly states = new Variable<SessionState>('restoring');
  private readonly user = new Variable<User | null>(null);
  private readonly list = new Snapshot<readonly Chat[]>(() => this.listRooms());
  private readonly sum = new Snapshot<number>(() => this.countUnread());
  /** Without a token. */
  private readonly open: Api;
  private readonly auth: Session;
  private readonly engine: Engine;
  private readonly handles = new Map<string, Room>();
  private readonly leavers = new Set<(reason: SignedOutReason) => void>();
  private readonly restored: Promise<void>;
  private lastList: readonly Chat[] = [];
  private turn = Promise.resolve();

  constructor(options: ClientOptions = {}) {
    const { storage = defaultStorage(), timers = REAL_TIMERS } = options;
    const url = (options.url ?? globalThis.location?.origin ?? '').replace(/\/$/, '');
    const transport = new Transport(timers, options.fetch);
    const base = {
      baseUrl: url,
      querySerializer: { array: { style: 'form', explode: false } },
    } as const;
    this.open = createFetchClient<paths>({ ...base, fetch: transport.fetch });
    this.auth = new Session({
      url,
      api: this.open,
      storage,
      timers,
      onUser: (user) => this.user.set(user),
    });
    this.api = createFetchClient<paths>({ ...base, fetch: transport.fetchWith(this.auth) });
    this.calls = new Calls(this.api);
    this.engine = new Engine({
      url,
      api: this.api,
      calls: this.calls,
      transport,
      tokens: this.auth,
      storage,
      timers,
      me: () => profileOf(this.user.getSnapshot()),
      onChange: (chatId) => this.changed(chatId),
      onCaughtUp: (chatId) => this.handles.get(chatId)?.refresh(),
      onSent: (item, message) => this.room(item.chatId).sent(item, message),
      onPerson: (person) => this.personChanged(person),
    });
    this.auth.onSignedOut = (reason) => this.leave(reason);
    this.auth.userId.subscribe((id) => this.enter(id));
    this.status.subscribe(() => this.learnMe());
    this.restored = this.restore();
  }

  get session(): Readable<SessionState> {
    return this.states;
  }

  /** Who is signed in, as soon as that is known. */
  get me(): Readable<User | null> {
    return this.user;
  }

  get status(): Readable<Status> {
    return this.engine.realtime.status;
  }

  /** The rooms that the user is in, the one with the newest message first. */
  get rooms(): Readable<readonly Chat[]> {
    return this.list;
  }

  /** How many messages are unread, in all rooms. */
  get unread(): Readable<number> {
    return this.sum;
  }

  /** Calls the listener when nobody is signed in any more. @returns what ends that */
  onSignedOut(listener: (reason: SignedOutReason) => void): () => void {
    this.leavers.add(listener);
    return () => this.leavers.delete(listener);
  }

  /** What the server offers: what a page shows or leaves out. Nobody need be signed in. */
  server(): Promise<ServerInfo> {
    return answerOf(this.open.GET('/server'));
  }

  /** Messages that hold all of these words, page by page: `for await (const page of client.search('tea'))`. */
  search(q: string, options?: SearchOptions): AsyncGenerator<SearchPage, void> {
    return search(this.api, q, options);
  }

  signUp(account: SignUp): Promise<User> {
    return this.auth.signUp(account);
  }

  logIn(email: string, password: string): Promise<User> {
    return this.auth.logIn(email, password);
  }

  /**
   * Signs in those whom your own backend knows, and goes on with the session that is stored, where one is.
   *
   * @param askBackend a token of your backend for `POST /userauth/exchange`; asked whenever one is needed
   */
  async exchange(askBackend: () => Promise<string>): Promise<User> {
    this.auth.askBackend = askBackend;
    await this.restored;
    await this.auth.accessToken();
    return this.know(await this.calls.me());
  }

  /** Ends the session here and at the server; what is not sent yet is forgotten. */
  logOut(): Promise<void> {
    return this.auth.logOut();
  }

  /** Stops everything and keeps the session: for a page that goes on without the client. */
  async close(): Promise<void> {
    this.auth.close();
    await this.restored;
    this.next(() => this.engine.end(false));
    await this.turn;
  }

  /** A room by its id, also before the server has told of it: its `chat` is `null` then. */
  room(chatId: string): Room {
    const known = this.handles.get(chatId);
    if (known) return known;
    const room = new Room(chatId, this.engine);
    this.handles.set(chatId, room);
    return room;
  }

  async createRoom(chat_name: string, visibility: 'public' | 'private' = 'public'): Promise<Room> {
    return this.adopt(await this.calls.createRoom({ chat_name, visibility }));
  }

  /** The one room of the user and another one. */
  async openDirect(userId: string): Promise<Room> {
    return this.adopt(await this.calls.openDirect(userId));
  }

  /** Who has exactly this e-mail. */
  async findByEmail(email: string): Promise<Profile | null> {
    return (await this.calls.people({ email }))[0] ?? null;
  }

  async updateProfile(changes: Parameters<Calls['updateMe']>[0]): Promise<User> {
    return this.know(await this.calls.updateMe(changes));
  }

  /** Ends the account and its messages for good. */
  async eraseAccount(proof: Parameters<Calls['eraseMe']>[0]): Promise<void> {
    await this.calls.eraseMe(proof);
    await this.auth.end('logged-out');
  }

  /**
   * Where a file is, or its small picture, for `<img>`, `<video>` and links: the same for an hour, good for
   * this session alone. Those that are asked for together are one request.
   *
   * @returns null where there is none, or none any more
   */
  async url(
    attachment: Pick<Attachment, 'id'>,
    kind: 'content' | 'thumbnail' = 'content',
  ): Promise<string | null> {
    return (await this.engine.attachments()).url(attachment, kind);
  }

  /** Cuts the connection, as a network does that fails; it comes back by itself. For tries of a page. */
  cut(): void {
    this.engine.realtime.cut();
  }

  private async restore(): Promise<void> {
    await this.auth.restore().catch(() => undefined); // a storage that fails has nothing
    if (this.states.getSnapshot() === 'restoring') this.states.set('signed-out');
  }

  private enter(userId: string | null): void {
    if (userId === null) return;
    this.states.set('signed-in');
    this.next(() => this.engine.begin(userId));
    this.learnMe();
  }

  private learnMe(): void {
    const userId = this.auth.userId.getSnapshot();
    if (userId === null || userId === this.user.getSnapshot()?.id) return;
    const again = (): void => undefined; // once the server can be reached
    this.calls.me().then((user) => this.know(user), again);
  }

  private leave(reason: SignedOutReason): void {
    this.states.set('signed-out');
    this.user.set(null);
    for (const room of this.handles.values()) room.close();
    this.next(() => this.engine.end(reason === 'logged-out'));
    for (const listener of [...this.leavers]) callback(listener, reason);
  }

  /** One user's end comes before the next one's beginning. */
  private next(work: () => Promise<void>): void {
    this.turn = this.turn.then(work).catch(() => undefined); // a storage that fails keeps nothing
  }

  private know(user: User): User {
    if (user.id === this.auth.userId.getSnapshot()) {
      this.user.set(user);
      for (const room of this.handles.values()) room.touch();
    }
    return user;
  }

  private personChanged({ id, fname, lname, profile }: Profile): void {
    const user = this.user.getSnapshot();
    if (user?.id === id) this.user.set({ ...user, fname, lname, profile });
  }

  private adopt(chat: Chat): Room {
    this.engine.adopt(chat);
    return this.room(chat.id);
  }

  private changed(chatId: string): void {
    this.handles.get(chatId)?.touch();
    this.list.touch();
    this.sum.touch();
  }

  private listRooms(): readonly Chat[] {
    const at = ({ last_message_at, created_at }: Chat): string => last_message_at ?? created_at;
    const chats = this.engine.chats().sort((a, b) => (at(a) < at(b) ? 1 : -1));
    return (this.lastList = sameList(this.lastList, chats));
  }

  private countUnread(): number {
    return this.engine.chats().reduce((sum, { unread_count }) => sum + (unread_count ?? 0), 0);
  }
}

function profileOf(user: User | null): Profile | null {
  if (!user) return null;
  const { id, fname, lname, profile } = user;
  return { id, fname, lname, profile };
}

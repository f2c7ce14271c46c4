import { MessageWindow } from './message-window.js';
import type { RoomState } from './room-state.js';
import type { Message } from './types.js';

const PAGE = 50;

/** Where a room is opened: at its newest message, around one, or around the first that is not read. */
export type Place = 'newest' | 'unread' | { seq: number } | { messageId: string };

interface Page {
  data: Message[];
  has_more: boolean;
}

interface Parts {
  state: () => RoomState | undefined;
  /** `GET /message/` of this room. */
  page: (query: { before?: number; after?: number; limit: number }) => Promise<Page>;
  message: (id: string) => Promise<Message>;
  /** How often the client has been away: what was asked for before shows people as they were. */
  absences: () => number;
  refreshPeople: () => void;
  /** Who gets another name while a page is on its way stands there by the old one. */
  watchPeople: () => () => void;
  onChange: () => void;
}

/** Fills and extends the window of a room, one request after the other. */
export class RoomPages {
  isLoading = false;
  private last: Promise<void> = Promise.resolve();
  private readonly asked = new Map<string, Promise<void>>();
  private closes = 0;

  constructor(private readonly parts: Parts) {}

  open(place: Place): Promise<void> {
    return this.enqueue(JSON.stringify(place), (state) => this.fill(state, place));
  }

  /** Nothing that is on its way is wanted any more. */
  close(): void {
    this.closes++;
    this.asked.clear();
    this.isLoading = false;
  }

  older(): Promise<void> {
    return this.enqueue('older', async (state) => {
      const { window } = state;
      if (!window?.hasOlder || window.isStale) return true;
      window.isFollowing = false; // its first message has to stay until the page is here
      await this.read(state, async () => {
        const { data, has_more } = await this.parts.page({ before: window.firstSeq, limit: PAGE });
        return () => window.prepend(data, has_more);
      });
      return true;
    });
  }

  newer(): Promise<void> {
    return this.enqueue('newer', async (state) => {
      const { window } = state;
      if (!window?.hasNewer || window.isStale) return true;
      await this.read(state, async () => {
        const { data, has_more } = await this.parts.page({ after: window.lastSeq, limit: PAGE });
        return () => window.append(data, has_more);
      });
      return true;
    });
  }

  private fill(state: RoomState, place: Place): Promise<boolean> {
    return this.read(state, async () => {
      const seq = await this.seqOf(state, place);
      if (seq === null) {
        const { data, has_more } = await this.parts.page({ limit: PAGE });
        return () => this.begin(state, data, has_more, false);
      }
      const before = await this.parts.page({ before: seq + 1, limit: PAGE / 2 });
      const after = await this.parts.page({ after: seq, limit: PAGE / 2 });
      const data = [...before.data, ...after.data];
      return () => this.begin(state, data, before.has_more, after.has_more);
    });
  }

  private begin(state: RoomState, data: Message[], hasOlder: boolean, hasNewer: boolean): void {
    const window = new MessageWindow();
    window.fill(data, { hasOlder, hasNewer });
    state.window = window;
  }

  /** @returns null for the newest page */
  private async seqOf(state: RoomState, place: Place): Promise<number | null> {
    if (place === 'newest') return null;
    if (place !== 'unread')
      return 'seq' in place ? place.seq : (await this.parts.message(place.messageId)).seq;
    const { last_seq } = state.view;
    const { readSeq } = state.reads;
    return last_seq - readSeq < PAGE / 2 ? null : readSeq;
  }

  /**
   * What comes while a page is on its way may be newer than that: it is done to the window once more.
   *
   * @returns whether the page counts still
   */
  private async read(state: RoomState, ask: () => Promise<() => void>): Promise<boolean> {
    const { epoch } = state;
    const { closes } = this;
    const absences = this.parts.absences();
    const showNewer = this.parts.watchPeople();
    const end = state.startPage();
    let isUsed = false;
    try {
      const use = await ask();
      isUsed = this.parts.state() === state && state.epoch === epoch && this.closes === closes;
      if (isUsed) use();
      return isUsed;
    } finally {
      end(isUsed);
      if (isUsed) showNewer();
      if (isUsed && absences !== this.parts.absences()) this.parts.refreshPeople();
    }
  }

  /** @param work says whether it is done; else what it was done to counts no more, and it is done again */
  private enqueue(key: string, work: (state: RoomState) => Promise<boolean>): Promise<void> {
    const known = this.asked.get(key);
    if (known) return known;
    const { closes } = this;
    const own = this.last.then(async () => {
      for (let isDone = false; !isDone;) {
        const state = this.parts.state();
        if (!state || this.closes !== closes) return;
        this.set(true);
        isDone = await work(state);
      }
    });
    const done = own.finally(() => {
      if (this.asked.get(key) !== done) return; // closed meanwhile
      this.asked.delete(key);
      this.set(this.asked.size > 0);
    });
    this.asked.set(key, done);
    this.last = done.catch(() => undefined);
    return done;
  }

  private set(isLoading: boolean): void {
    if (this.isLoading === isLoading) return;
    this.isLoading = isLoading;
    this.parts.onChange();
  }
}

import type { News } from './room-state.js';
import { Pauses, type Timers } from './timers.js';
import type { Chat, ServerEvent, SyncAnswer } from './types.js';

const GAP_MS = 1000;
/** Answers after which an open room that has still more is begun anew instead; others are at once. */
const MOST_ANSWERS = 5;

/** What an absence brought, put together of all answers. */
export interface Catch {
  history: string;
  news: Map<string, News>;
  gone: string[];
}

/** What is asked with: up to which change each room is here. */
export interface Cursors {
  rooms: Record<string, number>;
  history: string | null;
}

interface Parts {
  timers: Timers;
  /** `POST /sync` */
  ask: (cursors: Cursors) => Promise<SyncAnswer>;
  cursors: () => Cursors;
  /** Whether messages of the room are held. */
  isOpen: (chatId: string) => boolean;
  /** @returns whether something is missing still */
  receive: (event: ServerEvent) => boolean;
  take: (caught: Catch) => void;
  /** Everything up to now is here. */
  onCaughtUp: () => void;
}

/** Brings events to their rooms in order, and what was missed before them. */
export class Feed {
  private isRunning = false;
  private isCatchingUp = false;
  private isWanted = false;
  /** What was asked for before the last one counts no more. */
  private stops = 0;
  private held: ServerEvent[] = [];
  private timer: unknown;
  private readonly pauses = new Pauses(1000, 30_000);

  constructor(private readonly parts: Parts) {}

  start(): void {
    this.isRunning = true;
  }

  stop(): void {
    this.stops++;
    this.isRunning = this.isCatchingUp = this.isWanted = false;
    this.held = [];
    this.parts.timers.clearTimeout(this.timer);
    this.timer = undefined;
  }

  hear(event: ServerEvent): void {
    if (event.type === 'ready' || event.type === 'reset') return this.catchUp();
    if (this.isCatchingUp) this.held.push(event);
    else if (this.parts.receive(event)) this.catchUpSoon();
  }

  /** Asks for what was missed; again, where something is missing meanwhile. */
  catchUp(): void {
    this.isWanted = true;
    this.parts.timers.clearTimeout(this.timer);
    this.timer = undefined;
    if (!this.isCatchingUp && this.isRunning) void this.run();
  }

  /** What is missing may come by itself: events of two processes cross. */
  catchUpSoon(ms = GAP_MS): void {
    if (!this.isRunning) return;
    this.timer ??= this.parts.timers.setTimeout(() => this.catchUp(), ms);
  }

  private async run(): Promise<void> {
    const { stops } = this;
    const isOver = (): boolean => this.stops !== stops;
    this.isCatchingUp = true;
    try {
      while (this.isWanted) {
        this.isWanted = false;
        const caught = await this.askAll(isOver);
        if (isOver()) return;
        this.parts.take(caught);
        this.pauses.reset();
        if (this.replay()) this.catchUpSoon();
      }
      this.isCatchingUp = false;
      this.parts.onCaughtUp();
    } catch {
      if (isOver()) return;
      this.isCatchingUp = false;
      this.replay();
      this.catchUpSoon(this.pauses.nextMs());
    }
  }

  /** @returns whether something is missing still */
  private replay(): boolean {
    const { held } = this;
    this.held = [];
    return held.filter((event) => this.parts.receive(event)).length > 0;
  }

  private async askAll(isOver: () => boolean): Promise<Catch> {
    const caught: Catch = { history: '', news: new Map(), gone: [] };
    let cursors = this.parts.cursors();
    for (let answers = 1; ; answers++) {
      const answer = await this.parts.ask(cursors);
      gather(caught, answer, cursors);
      if (!answer.has_more || isOver()) return caught;
      cursors = { history: answer.history, rooms: this.next(answer, caught, answers) };
    }
  }

  /** A room that is left out comes next without its messages, however many have come meanwhile. */
  private next({ rooms }: SyncAnswer, { news }: Catch, answers: number): Record<string, number> {
    const isDone = (id: string, change: number): boolean =>
      (news.get(id)?.chat?.last_change ?? change) === change;
    const isNamed = ([id, change]: [string, number]): boolean =>
      isDone(id, change) || (answers < MOST_ANSWERS && this.parts.isOpen(id));
    return Object.fromEntries(Object.entries(rooms).filter(isNamed));
  }
}

function gather(caught: Catch, answer: SyncAnswer, asked: Cursors): void {
  caught.history = answer.history;
  const chats = new Map<string, Chat>(answer.chats.map((chat) => [chat.id, chat]));
  for (const id of answer.gone) caught.news.delete(id);
  caught.gone.push(...answer.gone);
  for (const [id, change] of Object.entries(answer.rooms)) {
    const isReset = answer.reset.includes(id);
    const before = isReset ? undefined : caught.news.get(id);
    caught.news.set(id, {
      change,
      chat: chats.get(id) ?? before?.chat,
      messages: [
        ...(before?.messages ?? []),
        ...answer.messages.filter(({ chat_id }) => chat_id === id),
      ],
      unread: answer.reads[id],
      isReset: isReset || (before?.isReset ?? false) || !(id in asked.rooms),
    });
  }
}

import { newId } from './ids.js';
import { Problem } from './problem.js';
import type { ClientStorage } from './storage.js';
import { hold } from './tabs.js';
import { pause, Pauses, type Timers } from './timers.js';
import type { Message } from './types.js';
import type { KeptUpload, Transfer } from './upload.js';

/** A message that is on its way. */
export interface Outgoing {
  clientId: string;
  chatId: string;
  text: string;
  replyTo: string | null;
  files: readonly Transfer[];
  createdAt: string;
  state: 'pending' | 'failed';
  /** Why it has failed. */
  problem: Problem | null;
  /** Its id at the server, as soon as that is known, or believed. */
  messageId: string | null;
}

/** What counts of one that a page has left. */
type Kept = Pick<Outgoing, 'clientId' | 'chatId' | 'text' | 'replyTo' | 'createdAt'> & {
  files?: KeptUpload[];
};

interface Parts {
  storage: ClientStorage;
  timers: Timers;
  /** Once its files are at the server. */
  send: (item: Outgoing) => Promise<Message>;
  /** An upload that a page has left. */
  upload: (kept: KeptUpload) => Transfer;
  /** The server has it. */
  onSent: (item: Outgoing, message: Message) => void;
  onChange: (chatId: string) => void;
}

/**
 * Sends messages, those of one room one after the other, until each is answered: the server takes a
 * `client_id` once, however often it is sent. What is not answered survives a reload where the storage does.
 */
export class Outbox {
  private items: Outgoing[] = [];
  private readonly busy = new Set<string>();
  private stopping = new AbortController();
  private waking = new AbortController();
  /** Boxes that this tab writes or has taken over, and what lets go of each. */
  private readonly boxes = new Map<string, () => void>();
  private key = '';
  /** What the names of all that is kept of the user hold. */
  private own = '';
  private keeping = Promise.resolve();

  constructor(private readonly parts: Parts) {}

  /** Takes up what a page that is gone has left. */
  async open(userId: string): Promise<void> {
    this.stopping = new AbortController();
    const { signal } = this.stopping;
    this.own = `/${userId}/`;
    const prefix = `outbox${this.own}`;
    this.key = prefix + newId();
    for (const key of await this.keys())
      if (key.startsWith(prefix)) await this.takeOver(key, signal).catch(() => undefined);
    const release = await hold(`conclave/${this.key}`);
    if (signal.aborted) return release?.();
    if (release) this.boxes.set(this.key, release);
    await this.keep();
  }

  /** Ends all sending; what is stored stays there, unless it is to be forgotten. */
  async close(isForgotten: boolean): Promise<void> {
    const { own } = this;
    this.stopping.abort();
    this.items = [];
    this.busy.clear();
    const boxes = [...this.boxes.values()];
    this.boxes.clear(); // the next user may be here before the storage has answered
    const names = isForgotten ? await this.keys() : [];
    for (const key of names.filter((each) => each.includes(own)))
      await this.inTurn(() => this.parts.storage.delete(key));
    for (const release of boxes) release();
  }

  of(chatId: string): readonly Outgoing[] {
    return this.items.filter((item) => item.chatId === chatId);
  }

  add(
    chatId: string,
    text: string,
    replyTo: string | null,
    files: readonly Transfer[] = [],
  ): Outgoing {
    const createdAt = new Date().toISOString();
    const item = this.take({ clientId: newId(), chatId, text, replyTo, files, createdAt });
    void this.keep();
    return item;
  }

  retry(clientId: string): void {
    this.change(clientId, { state: 'pending', problem: null });
  }

  /** One that is being sent may arrive all the same. */
  discard(clientId: string): void {
    const item = this.items.find((each) => each.clientId === clientId);
    if (!item) return;
    this.remove(item);
    for (const file of item.files) file.cancel();
    this.wake(); // its room may be waiting to send it again
  }

  /** A message of the caller's own has come: where one like it is being sent, it is most likely that one. */
  believe(message: Pick<Message, 'id' | 'chat_id' | 'message' | 'reply_to' | 'attachments'>): void {
    const namesOf = (files: readonly { id: string }[]): string =>
      JSON.stringify(files.map(({ id }) => id));
    const item = this.of(message.chat_id).find(
      ({ messageId, state, text, replyTo, files }) =>
        state === 'pending' &&
        (messageId ?? message.id) === message.id &&
        text === message.message &&
        replyTo === message.reply_to &&
        namesOf(files.map(({ attachment }) => attachment)) === namesOf(message.attachments),
    );
    if (item && this.busy.has(item.chatId)) this.change(item.clientId, { messageId: message.id });
  }

  /** The server can be reached again: whoever waits tries at once. */
  wake(): void {
    this.waking.abort();
    this.waking = new AbortController();
  }

  private async keys(): Promise<string[]> {
    try {
      return await this.parts.storage.keys();
    } catch {
      return []; // what cannot be read is as not there
    }
  }

  private async takeOver(key: string, signal: AbortSignal): Promise<void> {
    const release = await hold(`conclave/${key}`);
    if (!release) return; // its tab is there
    const text = await this.parts.storage.get(key);
    if (signal.aborted || text === null) return release();
    this.boxes.set(key, release);
    for (const kept of JSON.parse(text) as Kept[])
      this.take({ ...kept, files: (kept.files ?? []).map(this.parts.upload) });
  }

  private take(kept: Omit<Outgoing, 'state' | 'problem' | 'messageId'>): Outgoing {
    const item: Outgoing = { ...kept, state: 'pending', problem: null, messageId: null };
    this.items = [...this.items, item];
    this.parts.onChange(item.chatId);
    void this.run(item.chatId);
    return item;
  }

  /** Sends what is pending in a room, the oldest first. */
  private async run(chatId: string): Promise<void> {
    if (this.busy.has(chatId)) return;
    const { signal } = this.stopping;
    const next = (): Outgoing | undefined =>
      signal.aborted ? undefined : this.of(chatId).find(({ state }) => state === 'pending');
    this.busy.add(chatId);
    for (let item = next(); item; item = next()) await this.deliver(item, signal);
    if (!signal.aborted) this.busy.delete(chatId);
  }

  private async deliver(item: Outgoing, signal: AbortSignal): Promise<void> {
    const pauses = new Pauses(1000, 30_000);
    while (!signal.aborted && this.items.some(({ clientId }) => clientId === item.clientId)) {
      try {
        const message = await this.parts.send(item);
        if (signal.aborted) return;
        this.parts.onSent(item, message);
        for (const file of item.files) file.onEnd?.(true);
        return this.remove(item);
      } catch (error) {
        if (signal.aborted) return;
        const problem = Problem.from(error);
        if (!problem.isPassing)
          return this.change(item.clientId, { state: 'failed', problem, messageId: null });
        await this.rest(problem, pauses);
      }
    }
  }

  /** Until it is worth trying again. */
  rest({ retryAfter }: Problem, pauses: Pauses): Promise<void> {
    const ms = Math.max(1000 * (retryAfter ?? 0), pauses.nextMs());
    return pause(this.parts.timers, ms, this.waking.signal);
  }

  private change(clientId: string, to: Partial<Outgoing>): void {
    const item = this.items.find((each) => each.clientId === clientId);
    if (!item) return;
    this.items = this.items.map((each) => (each === item ? { ...each, ...to } : each));
    this.parts.onChange(item.chatId);
    void this.run(item.chatId);
  }

  private remove({ clientId, chatId }: Outgoing): void {
    this.items = this.items.filter((each) => each.clientId !== clientId);
    this.parts.onChange(chatId);
    void this.keep();
  }

  private keep(): Promise<void> {
    return this.inTurn(() => this.write());
  }

  /** One write at a time; what cannot be kept is sent all the same. */
  private inTurn(write: () => void | Promise<void>): Promise<void> {
    return (this.keeping = this.keeping.then(write).catch(() => undefined));
  }

  /** All in one box; those of others that this tab has taken over go. */
  private async write(): Promise<void> {
    if (this.stopping.signal.aborted) return;
    const { items, parts } = this;
    const { storage } = parts;
    if (items.length > 0) await storage.set(this.key, JSON.stringify(items));
    else await storage.delete(this.key);
    for (const [key, release] of this.boxes) {
      if (key === this.key) continue;
      this.boxes.delete(key);
      await storage.delete(key);
      release();
    }
  }
}

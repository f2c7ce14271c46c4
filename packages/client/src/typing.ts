import type { Timers } from './timers.js';
import type { Profile } from './types.js';

/** The server passes it on at most every two seconds. */
const EVERY_MS = 2000;
/** How long somebody types whom nothing is heard of. */
const SHOWN_MS = 5000;

/** Who types in which room, and the news that the user does. */
export class Typing {
  private readonly shown = new Map<string, Map<string, unknown>>();
  private readonly told = new Map<string, number>();
  /** Those who type and are not known otherwise. */
  readonly people = new Map<string, Profile>();

  constructor(
    private readonly timers: Timers,
    private readonly emit: (type: 'typing', payload: { chat_id: string }) => void,
    private readonly onChange: (chatId: string) => void,
  ) {}

  /** Ids of the users who type. */
  of(chatId: string): string[] {
    return [...(this.shown.get(chatId)?.keys() ?? [])];
  }

  /** The user types: to be called at each key, and passed on now and then. */
  tell(chatId: string): void {
    const now = this.timers.now();
    if (now - (this.told.get(chatId) ?? -EVERY_MS) < EVERY_MS) return;
    this.told.set(chatId, now);
    this.emit('typing', { chat_id: chatId });
  }

  hear(chatId: string, userId: string): void {
    const users = this.shown.get(chatId) ?? new Map<string, unknown>();
    this.shown.set(chatId, users);
    this.timers.clearTimeout(users.get(userId));
    users.set(
      userId,
      this.timers.setTimeout(() => this.end(chatId, userId), SHOWN_MS),
    );
    this.onChange(chatId);
  }

  /** They have sent what they typed, or are gone. */
  end(chatId: string, userId: string): void {
    const users = this.shown.get(chatId);
    if (!users?.has(userId)) return;
    this.timers.clearTimeout(users.get(userId));
    users.delete(userId);
    this.people.delete(userId);
    if (users.size === 0) this.shown.delete(chatId);
    this.onChange(chatId);
  }

  clear(): void {
    for (const users of this.shown.values())
      for (const timer of users.values()) this.timers.clearTimeout(timer);
    this.shown.clear();
    this.people.clear();
    this.told.clear();
  }
}

import { LRUCache } from 'lru-cache';
import type { RoomEvent } from '../events/events.js';

/** How long an event waits for the one before it. */
const PATIENCE_MS = 100;
const REMEMBERED_ROOMS = 10_000;
const REMEMBERED_MS = 60_000;

interface Room {
  /** The newest change that was passed on. */
  last: number;
  /** Events that came before their turn, in the order of their changes. */
  early: RoomEvent[];
}

/**
 * Passes events on in the order of `change`, room by room. Answers to two commits may cross on their
 * way from PostgreSQL, and so may the news of two processes: an event that comes a moment early waits
 * for the one before it. Should that one not come, it goes on without.
 */
export class EventOrder {
  private readonly rooms = new LRUCache<string, Room>({
    max: REMEMBERED_ROOMS,
    ttl: REMEMBERED_MS,
    updateAgeOnGet: true,
    dispose: (room) => this.passEarly(room),
  });

  constructor(private readonly passOn: (event: RoomEvent) => void) {}

  take(event: RoomEvent): void {
    const { chatId, change, name } = event;
    const room = this.rooms.get(chatId);
    if (name === 'chat.deleted') this.rooms.delete(chatId);
    if (change === undefined) return this.passOn(event);
    if (!room) {
      this.rooms.set(chatId, { last: change, early: [] });
      return this.passOn(event);
    }
    if (change > room.last + 1) return this.hold(room, event);
    this.pass(room, event);
    this.passDue(room);
  }

  private hold(room: Room, event: RoomEvent): void {
    room.early.push(event);
    room.early.sort((one, other) => one.change! - other.change!);
    setTimeout(() => {
      while (room.early.includes(event)) this.pass(room, room.early.shift()!);
      this.passDue(room);
    }, PATIENCE_MS).unref();
  }

  private passDue(room: Room): void {
    while (room.early.length > 0 && room.early[0].change! <= room.last + 1) {
      this.pass(room, room.early.shift()!);
    }
  }

  private passEarly(room: Room): void {
    for (const event of room.early.splice(0)) this.pass(room, event);
  }

  private pass(room: Room, event: RoomEvent): void {
    room.last = Math.max(room.last, event.change!);
    this.passOn(event);
  }
}

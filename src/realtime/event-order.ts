import { Injectable } from '@nestjs/common';
import type { RoomEvent } from '../events/events.js';

/** How long an event waits for the one before it. */
const PATIENCE_MS = 100;

interface Room {
  /** The newest change that was passed on. */
  last: number;
  /** The change that the database had when it was last looked at. */
  stored: number;
  /** Events that came before their turn, in the order of their changes. */
  early: RoomEvent[];
}

/**
 * Passes events on in the order of `change`, room by room. Answers to two commits may cross on their
 * way from PostgreSQL, and so may the news of two processes: an event that comes a moment early waits
 * for the one before it. Should that one not come, it goes on without.
 */
@Injectable()
export class EventOrder {
  private readonly rooms = new Map<string, Room>();
  private passOn: (event: RoomEvent) => void = () => undefined;

  onEvent(handler: (event: RoomEvent) => void): void {
    this.passOn = handler;
  }

  /** Keeps the order of a room, which has come to this change, until `forget`. */
  keep(chatId: string, change: number): void {
    if (this.rooms.has(chatId)) return;
    this.rooms.set(chatId, { last: change, stored: change, early: [] });
  }

  forget(chatId: string): void {
    this.rooms.delete(chatId);
  }

  /** @param stored the change that the database has now */
  hasMoved(chatId: string, stored: number): boolean {
    return this.rooms.get(chatId)?.stored !== stored;
  }

  /**
   * Whether an event has not come that was due when the database was looked at the last time. Each is
   * told of once.
   *
   * @param stored the change that the database has now
   */
  isBehind(chatId: string, stored: number): boolean {
    const room = this.rooms.get(chatId);
    if (!room) return false;
    const isBehind = room.last < room.stored;
    room.last = Math.max(room.last, room.stored);
    room.stored = stored;
    return isBehind;
  }

  take(event: RoomEvent): void {
    const { chatId, change, name } = event;
    const room = this.rooms.get(chatId);
    if (room && name === 'chat.deleted') this.passEarly(room);
    if (!room || change === undefined) return this.passOn(event);
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

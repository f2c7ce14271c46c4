import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { EventBus } from '../events/event-bus.js';
import type { LeftRoom, Room } from './append-messages.js';

const REMEMBERED_ROOMS = 1000;
/** Of each room; with as many it begins anew. */
const REMEMBERED_MEMBERS = 50;
/** After a change that was not heard of: there may be others who write to the room. */
const DOUBT_MS = 10_000;

/** A room as a transaction of ours left it. */
interface RoomEnd {
  room: Room;
  /** Some of its members: those who wrote lately. */
  members: Set<string>;
}

/**
 * Where the last messages of rooms stand, so that the next one can be placed without asking. Nothing
 * rests on it: whoever uses it has the database confirm that `change` is still the same.
 */
@Injectable()
export class RoomEnds {
  private readonly ends = new LRUCache<string, RoomEnd>({ max: REMEMBERED_ROOMS });
  private readonly doubted = new LRUCache<string, true>({ max: REMEMBERED_ROOMS, ttl: DOUBT_MS });

  constructor(bus: EventBus) {
    bus.on('room.event', ({ chatId, change = 0 }) => {
      const known = this.ends.peek(chatId);
      if (known && change > known.room.lastChange) this.ends.delete(chatId);
    });
  }

  /** Undefined unless the user is known to be a member. */
  find(chatId: string, userId: string): Room | undefined {
    const end = this.ends.get(chatId);
    return end?.members.has(userId) ? end.room : undefined;
  }

  /** Notes how a transaction has left a room. */
  note({ room, before, senders }: LeftRoom): void {
    const last = this.ends.get(room.id);
    const isSame = last?.room.lastChange === before;
    if (last && !isSame) this.doubted.set(room.id, true);
    if (this.doubted.has(room.id)) return void this.ends.delete(room.id);
    const members =
      isSame && last.members.size < REMEMBERED_MEMBERS ? last.members : new Set<string>();
    for (const sender of senders) members.add(sender);
    this.ends.set(room.id, { room, members });
  }
}

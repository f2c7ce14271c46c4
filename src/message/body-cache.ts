import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Settings } from '../config/settings.js';
import { EventBus } from '../events/event-bus.js';
import type { Message, Opened } from './message.entity.js';

/** What an entry and its view take beside their texts, in bytes; measured generously. */
const ENTRY_BYTES = 1500;

/**
 * Bodies that were opened or sealed lately, up to `BODY_CACHE_BYTES`. It decides nothing: an entry
 * counts only for exactly the row that it was made from, and what would not open is never served.
 */
@Injectable()
export class BodyCache {
  private readonly bodies: LRUCache<string, Opened> | undefined;
  /** How often keys were forgotten: a body that was being opened meanwhile is not kept. */
  private forgotten = 0;
  /** How often the cache knew, since the start. */
  readonly lookUps = { hits: 0, misses: 0 };

  constructor({ bodyCacheBytes }: Settings, bus: EventBus) {
    if (bodyCacheBytes === 0) return;
    this.bodies = new LRUCache({ maxSize: bodyCacheBytes, sizeCalculation: sizeOf });
    bus.on('keys.destroyed', ({ ownerIds }) => this.forget(ownerIds));
  }

  /** What it holds, in bytes. */
  get size(): number {
    return this.bodies?.calculatedSize ?? 0;
  }

  get epoch(): number {
    return this.forgotten;
  }

  /** What was opened from exactly this row. */
  get({ id, chatId, senderId, ciphertext }: Message): Opened | undefined {
    const known = this.bodies?.get(id);
    const isSame =
      known?.ciphertext === ciphertext && known.chatId === chatId && known.senderId === senderId;
    if (isSame) this.lookUps.hits++;
    else this.lookUps.misses++;
    return isSame ? known : undefined;
  }

  /** @param epoch as of before the body was opened or sealed */
  set({ id, chatId, senderId, ciphertext, body }: Message, epoch: number): void {
    if (epoch === this.forgotten) this.bodies?.set(id, { chatId, senderId, ciphertext, body });
  }

  delete(id: string): void {
    this.bodies?.delete(id);
  }

  /** Empties what belongs to these rooms and authors, whose keys are destroyed. */
  private forget(ownerIds: string[]): void {
    this.forgotten++;
    const owners = new Set(ownerIds);
    for (const [id, { chatId, senderId }] of this.bodies!.entries()) {
      if (owners.has(chatId) || owners.has(senderId)) this.bodies!.delete(id);
    }
  }
}

/** In memory a character takes one byte or two; the view holds the body once more. */
function sizeOf({ ciphertext, body }: Opened): number {
  return ENTRY_BYTES + ciphertext!.length + 4 * body!.length;
}

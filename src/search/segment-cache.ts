import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Settings } from '../config/settings.js';
import { Database } from '../database/database.js';
import { EventBus } from '../events/event-bus.js';
import { FIND_PLACES } from '../message/read/message-statements.js';
import type { SegmentPlace } from './segment-format.js';
import type { SegmentPart } from './segment-part.js';

/** What a part takes beside its bytes, measured generously. */
const PART_BYTES = 400;

/** A segment of which all parts are open, but for those of nobody. */
export interface OpenedSegment {
  place: SegmentPlace;
  change: number;
  parts: { authorId: string; part: SegmentPart }[];
}

/**
 * Segments that were opened lately, up to `SEARCH_CACHE_BYTES`. It decides nothing: an entry counts for exactly
 * the row that it was made from, and what is found in it is looked up.
 */
@Injectable()
export class SegmentCache {
  private readonly entries: LRUCache<string, OpenedSegment> | undefined;
  /** How often something was dropped: a segment that was being opened meanwhile is not kept. */
  epoch = 0;
  /** How often the cache knew, since the start. */
  readonly lookUps = { hits: 0, misses: 0 };

  constructor(
    { searchCacheBytes }: Settings,
    private readonly database: Database,
    bus: EventBus,
  ) {
    if (searchCacheBytes === 0) return;
    this.entries = new LRUCache({ maxSize: searchCacheBytes, sizeCalculation: sizeOf });
    bus.on('keys.destroyed', ({ ownerIds }) => this.dropOf(new Set(ownerIds)));
    bus.on('texts.destroyed', ({ messageIds }) => void this.dropOver(messageIds));
    bus.on('memory.stale', () => this.clear());
  }

  /** What it holds, in bytes. */
  get size(): number {
    return this.entries?.calculatedSize ?? 0;
  }

  find(chatId: string, lastSeq: number, change: number): OpenedSegment | undefined {
    const entry = this.entries?.get(keyOf(chatId, lastSeq));
    const isKnown = entry?.change === change;
    this.lookUps[isKnown ? 'hits' : 'misses']++;
    return isKnown ? entry : undefined;
  }

  /** @param epoch as of before its row was read */
  keep(segment: OpenedSegment, epoch: number): void {
    if (epoch !== this.epoch) return;
    this.entries?.set(keyOf(segment.place.chatId, segment.place.lastSeq), segment);
  }

  /** The one over a message that is no more what it was. */
  drop(chatId: string, seq: number): void {
    this.epoch++;
    for (const [key, { place }] of this.entries?.entries() ?? []) {
      const isOver = place.firstSeq <= seq && seq <= place.lastSeq;
      if (isOver && place.chatId === chatId) this.entries!.delete(key);
    }
  }

  private dropOf(ownerIds: Set<string>): void {
    this.epoch++;
    for (const [key, { place, parts }] of this.entries!.entries()) {
      const isOf = ownerIds.has(place.chatId) || parts.some((one) => ownerIds.has(one.authorId));
      if (isOf) this.entries!.delete(key);
    }
  }

  /** Of messages that are known by their ids alone. */
  private async dropOver(messageIds: string[]): Promise<void> {
    this.epoch++;
    if (this.entries!.size === 0) return;
    try {
      const places = await this.database.rows<[string, number]>(FIND_PLACES, [messageIds]);
      for (const [chatId, seq] of places) this.drop(chatId, seq);
    } catch {
      this.clear();
    }
  }

  private clear(): void {
    this.epoch++;
    this.entries!.clear();
  }
}

function keyOf(chatId: string, lastSeq: number): string {
  return `${chatId} ${lastSeq}`;
}

function sizeOf({ parts }: OpenedSegment): number {
  return parts.reduce((sum, { part }) => sum + part.bytes.length + PART_BYTES, PART_BYTES);
}

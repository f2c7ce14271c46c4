import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Settings } from '../config/settings.js';
import { Database } from '../database/database.js';
import { EventBus } from '../events/event-bus.js';
import { FIND_PLACES } from '../message/read/message-statements.js';
import type { SegmentPlace } from './segment-format.js';
import type { OpenedPart } from './segment-part.js';
import type { SegmentRange } from './segment-plan.js';
import { hashOf, WordFilter } from './word-filter.js';

/** What a part takes beside its bytes, measured generously; and a filter. */
const PART_BYTES = 400;
const FILTER_BYTES = 1000;
/** Of the memory this much is for filters, a sixteenth of the text each. */
const FILTER_SHARE = 1 / 4;

/** What is known of a segment counts for exactly the row that it was made from. */
interface Known {
  place: SegmentPlace;
  change: number;
}

/** A segment of which all parts are open, but for those of nobody. */
export interface OpenedSegment extends Known {
  parts: OpenedPart[];
}

/** The words of a segment that was opened, and the ids of those who wrote them. */
interface FilteredSegment extends Known {
  words: WordFilter;
}

/**
 * Segments that were opened lately, and of those that had to go filters of their words, in `SEARCH_CACHE_BYTES`. It
 * decides nothing: an entry counts for exactly the row that it was made from, and what is found in it is looked up.
 */
@Injectable()
export class SegmentCache {
  private readonly texts: LRUCache<string, OpenedSegment> | undefined;
  private readonly filters: LRUCache<string, FilteredSegment> | undefined;
  /** How often something was dropped: a segment that was being opened meanwhile is not kept. */
  epoch = 0;
  /** How often the cache knew, since the start. */
  readonly lookUps = { hits: 0, misses: 0 };

  constructor(
    { searchCacheBytes }: Settings,
    private readonly database: Database,
    bus: EventBus,
  ) {
    const filterBytes = Math.floor(searchCacheBytes * FILTER_SHARE);
    if (filterBytes === 0) return;
    this.texts = new LRUCache({
      maxSize: searchCacheBytes - filterBytes,
      sizeCalculation: ({ parts }) => textBytes(parts) + PART_BYTES * (parts.length + 1),
      dispose: (segment, key, reason) => {
        if (reason === 'evict') this.filter(key, segment);
      },
    });
    this.filters = new LRUCache({
      maxSize: filterBytes,
      sizeCalculation: ({ words }) => words.bytes + FILTER_BYTES,
    });
    bus.on('keys.destroyed', ({ ownerIds }) => this.dropOf(ownerIds));
    bus.on('texts.destroyed', ({ messageIds }) => void this.dropOver(messageIds));
    bus.on('memory.stale', () => this.clear());
  }

  /** What it holds, in bytes. */
  get size(): number {
    return (this.texts?.calculatedSize ?? 0) + (this.filters?.calculatedSize ?? 0);
  }

  find(chatId: string, range: SegmentRange): OpenedSegment | undefined {
    const entry = this.texts?.get(keyOf(chatId, range));
    const isKnown = entry?.change === range.change;
    this.lookUps[isKnown ? 'hits' : 'misses']++;
    return isKnown ? entry : undefined;
  }

  /** Whether it is known that one of these words is not in a segment. */
  isWithout(words: string[], chatId: string, range: SegmentRange): boolean {
    const entry = this.filters?.get(keyOf(chatId, range));
    if (entry?.change !== range.change || words.every((word) => entry.words.mayHold(word)))
      return false;
    this.lookUps.hits++;
    return true;
  }

  /** Takes 2 ms where the longest one has to go. @param epoch as of before its row was read */
  keep(segment: OpenedSegment, epoch: number): void {
    if (epoch !== this.epoch || !this.texts) return;
    const key = keyOf(segment.place.chatId, segment.place);
    this.texts.set(key, segment);
    if (!this.texts.has(key)) this.filter(key, segment); // it is too long
  }

  /** The one over a message that is no more what it was. */
  drop(chatId: string, seq: number): void {
    this.dropAt([[chatId, seq]]);
  }

  /** Those that have become part of another one: nobody asks for them any more. */
  forget(chatId: string, ranges: SegmentRange[]): void {
    this.epoch++;
    for (const range of ranges) {
      this.texts?.delete(keyOf(chatId, range));
      this.filters?.delete(keyOf(chatId, range));
    }
  }

  /** In one go: each look goes through all that is there. */
  private dropAt(places: [chatId: string, seq: number][]): void {
    const seqs = new Map<string, number[]>();
    for (const [chatId, seq] of places) {
      const some = seqs.get(chatId);
      if (some) some.push(seq);
      else seqs.set(chatId, [seq]);
    }
    const isOver = ({ place: { chatId, firstSeq, lastSeq } }: Known): boolean =>
      seqs.get(chatId)?.some((seq) => firstSeq <= seq && seq <= lastSeq) ?? false;
    this.dropWhere(isOver, isOver);
  }

  /** A filter tells too of the authors that there may be: it does no harm to drop one too many. */
  private dropOf(ownerIds: string[]): void {
    const owners = new Set(ownerIds);
    const hashes = ownerIds.map(hashOf);
    this.dropWhere(
      ({ place, parts }) =>
        owners.has(place.chatId) || parts.some(({ authorId }) => owners.has(authorId)),
      ({ place, words }) =>
        owners.has(place.chatId) || hashes.some((hash) => words.mayHoldHash(hash)),
    );
  }

  private dropWhere(
    isText: (segment: OpenedSegment) => boolean,
    isFilter: (segment: FilteredSegment) => boolean,
  ): void {
    this.epoch++;
    for (const [key, segment] of this.texts?.entries() ?? []) {
      if (isText(segment)) this.texts!.delete(key);
    }
    for (const [key, segment] of this.filters?.entries() ?? []) {
      if (isFilter(segment)) this.filters!.delete(key);
    }
  }

  /** Of messages that are known by their ids alone. */
  private async dropOver(messageIds: string[]): Promise<void> {
    this.epoch++;
    if (this.texts!.size === 0 && this.filters!.size === 0) return;
    try {
      const places = await this.database.rows<[string, number]>(FIND_PLACES, [messageIds]);
      this.dropAt(places);
    } catch {
      this.clear();
    }
  }

  /** Keeps the words of what does not stay itself. */
  private filter(key: string, segment: OpenedSegment): void {
    const { place, change } = segment;
    if (this.filters!.peek(key)?.change === change) return;
    this.filters!.set(key, { place, change, words: filterOf(segment) });
  }

  private clear(): void {
    this.epoch++;
    this.texts!.clear();
    this.filters!.clear();
  }
}

/** What neighbours become ends where the last of them did, and may have its change. */
function keyOf(
  chatId: string,
  { firstSeq, lastSeq }: Pick<SegmentRange, 'firstSeq' | 'lastSeq'>,
): string {
  return `${chatId} ${firstSeq} ${lastSeq}`;
}

function textBytes(parts: OpenedPart[]): number {
  return parts.reduce((sum, { part }) => sum + part.bytes.length, 0);
}

function filterOf({ parts }: OpenedSegment): WordFilter {
  const words = new WordFilter(textBytes(parts));
  for (const { authorId, part } of parts) {
    words.add(Buffer.from(authorId));
    words.add(part.text);
  }
  return words;
}

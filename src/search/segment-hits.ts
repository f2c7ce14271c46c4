import { Injectable } from '@nestjs/common';
import { type OpenedSegment, SegmentCache } from './segment-cache.js';
import type { Criteria } from './search-criteria.js';
import type { SegmentRange } from './segment-plan.js';
import { inOnePiece, type OpenedPart, type SegmentPart } from './segment-part.js';
import { SegmentReader } from './segment-reader.js';
import type { StoredSegment } from './segment-rows.js';
import { UNIT_MS } from './gathered-units.js';

/** Of more than 250 bytes Node may compare each with each: 85 ms of a segment. */
const SOUGHT_BYTES = 249;

/** The messages by their `seq`; 'gone' where the segment is there no more, 'shut' where it does not open. */
export type Hits = number[] | 'gone' | 'shut';

/** Looks through segments, a few parts at a time: of those that were opened lately, all at once. */
@Injectable()
export class SegmentHits {
  constructor(
    private readonly segments: SegmentReader,
    private readonly cache: SegmentCache,
  ) {}

  /** What is known without opening anything; undefined where nothing is. */
  known(chatId: string, range: SegmentRange, criteria: Criteria): number[] | undefined {
    if (this.cache.isWithout(criteria.words, chatId, range)) return [];
    const known = this.cache.find(chatId, range);
    return known && hitsIn(partsOf(known, criteria), criteria);
  }

  /** Opens a segment, and pauses after each unit of work. @throws KeyUnavailableError */
  async *find(chatId: string, range: SegmentRange, criteria: Criteria): AsyncGenerator<void, Hits> {
    const { epoch } = this.cache;
    const segment = await this.segments.find(chatId, range.lastSeq);
    if (segment === 'shut') return 'shut';
    if (segment?.change !== range.change) return 'gone';
    const opened = yield* this.open(segment, criteria);
    if (opened === 'shut') return 'shut';
    if (criteria.senderId === null) {
      yield;
      const { place, change } = segment;
      this.cache.keep({ place, change, parts: inOnePiece(opened) }, epoch);
    }
    return hitsIn(
      opened.map(({ part }) => part),
      criteria,
    );
  }

  /** Those parts that may hold what is looked for. */
  private async *open(
    segment: StoredSegment,
    { senderId }: Criteria,
  ): AsyncGenerator<void, OpenedPart[] | 'shut'> {
    const parts = segment.parts.filter(
      ({ authorId }) => senderId === null || authorId === senderId,
    );
    await this.segments.preload(segment, parts);
    const opened: OpenedPart[] = [];
    let begun = performance.now();
    for (const sealed of parts) {
      if (performance.now() - begun > UNIT_MS) {
        yield;
        begun = performance.now();
      }
      const opening = this.segments.openPart(segment, sealed);
      const part = opening instanceof Promise ? await opening : opening;
      if (part === 'shut') return 'shut';
      if (part) opened.push({ authorId: sealed.authorId, part });
    }
    return opened;
  }
}

function partsOf({ parts }: OpenedSegment, { senderId }: Criteria): SegmentPart[] {
  const wanted = parts.filter(({ authorId }) => senderId === null || authorId === senderId);
  return wanted.map(({ part }) => part);
}

/** Of the longest needle first, by its beginning: all are looked for where that is. */
function hitsIn(parts: SegmentPart[], { needles }: Criteria): number[] {
  const beginning = Buffer.from(needles[0]).subarray(0, SOUGHT_BYTES);
  const isWanted = (sought: string): boolean => needles.every((each) => sought.includes(each));
  return parts.flatMap((part) => part.find(beginning, isWanted));
}

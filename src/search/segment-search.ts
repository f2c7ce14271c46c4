import { Injectable } from '@nestjs/common';
import { MessageRepository } from '../message/read/message.repository.js';
import { gathered } from './gathered-units.js';
import { Matching } from './matching.js';
import type { Looked, Range, RangeSearch } from './range-search.js';
import { RowSearch } from './row-search.js';
import type { Criteria } from './search-criteria.js';
import { SegmentHits } from './segment-hits.js';
import type { SegmentRange } from './segment-plan.js';
import { SegmentReader } from './segment-reader.js';

/** Segments that are listed at once. */
const STEP = 100;
/** Rows that a unit looks up, of those that were found in a segment. */
const HITS = 20;

/**
 * Looks through a room's segments, and through the rows of what is in none. What is found in a segment is looked
 * up: only what the rows say counts.
 */
@Injectable()
export class SegmentSearch implements RangeSearch {
  constructor(
    private readonly segments: SegmentReader,
    private readonly hits: SegmentHits,
    private readonly rows: RowSearch,
    private readonly messages: MessageRepository,
    private readonly matching: Matching,
  ) {}

  units(range: Range, criteria: Criteria): AsyncGenerator<Looked, void> {
    return gathered(this.smallUnits(range, criteria));
  }

  private async *smallUnits(
    { chatId, from, to }: Range,
    criteria: Criteria,
  ): AsyncGenerator<Looked, void> {
    let end = to;
    for (let isOver = false; !isOver && end >= from;) {
      const listed = await this.segments.rangesDownFrom(chatId, end, STEP);
      isOver = listed.length < STEP;
      for (const segment of listed) {
        if (segment.firstSeq > end) continue; // it stands after a gap
        const gap = { chatId, from: Math.max(from, segment.lastSeq + 1), to: end };
        yield* this.rows.units(gap, criteria);
        end = Math.min(end, segment.lastSeq);
        if (end < from) return;
        const range = { chatId, from: Math.max(from, segment.firstSeq), to: end };
        if (await this.isOlder(range, criteria)) {
          yield { fitting: [], from };
          return;
        }
        if (yield* this.searched(segment, range, criteria)) {
          end = range.from - 1;
        } else {
          isOver = false; // others stand there by now
          break;
        }
      }
    }
    yield* this.rows.units({ chatId, from, to: end }, criteria);
  }

  /** Whether all of it was sent before what is looked for: then so was all that stands before it. */
  private async isOlder({ chatId, to }: Range, criteria: Criteria): Promise<boolean> {
    if (criteria.from === Number.MIN_SAFE_INTEGER) return false;
    const [last] = await this.messages.sealedAt([[chatId, to]]);
    return last !== undefined && last.createdAt.getTime() < criteria.from;
  }

  /** Whether all of it was sent after what is looked for. */
  private async isNewer({ chatId, from }: Range, criteria: Criteria): Promise<boolean> {
    if (criteria.to === Number.MAX_SAFE_INTEGER) return false;
    const [first] = await this.messages.sealedAt([[chatId, from]]);
    return first !== undefined && first.createdAt.getTime() >= criteria.to;
  }

  /** @returns false where the segment is not there any more */
  private async *searched(
    segment: SegmentRange,
    range: Range,
    criteria: Criteria,
  ): AsyncGenerator<Looked, boolean> {
    if (await this.isNewer(range, criteria)) {
      yield { fitting: [], from: range.from };
      return true;
    }
    const known = this.hits.known(range.chatId, segment, criteria);
    if (known) {
      yield* this.lookedUp(known, range, criteria);
      return true;
    }
    const looking = this.hits.find(range.chatId, segment, criteria);
    for (;;) {
      const { value: seqs, done } = await looking.next();
      if (!done) {
        yield { fitting: [], from: range.to + 1 };
      } else if (seqs === 'gone') {
        return false;
      } else {
        if (seqs === 'shut') yield* this.rows.units(range, criteria);
        else yield* this.lookedUp(seqs, range, criteria);
        return true;
      }
    }
  }

  /** @param seqs in any order */
  private async *lookedUp(
    seqs: number[],
    { chatId, from, to }: Range,
    criteria: Criteria,
  ): AsyncGenerator<Looked, void> {
    const within = seqs.filter((seq) => from <= seq && seq <= to).sort((a, b) => b - a);
    for (let at = 0; at < within.length; at += HITS) {
      const some = within.slice(at, at + HITS);
      const rows = await this.messages.sealedAt(some.map((seq) => [chatId, seq]));
      rows.sort((one, other) => other.seq - one.seq);
      const fitting = await this.matching.fitting(rows, criteria);
      yield { fitting, from: at + HITS < within.length ? some[some.length - 1] : from };
    }
    if (within.length === 0) yield { fitting: [], from };
  }
}

import { Injectable, Logger } from '@nestjs/common';
import { inSlices } from '../common/slices.js';
import { InvalidSealError } from '../crypto/streaming-aead.js';
import { Database } from '../database/database.js';
import { type OpenedSegment, SegmentCache } from './segment-cache.js';
import { InvalidSegmentError, type SealedPart, type SegmentPlace } from './segment-format.js';
import type { SegmentPart } from './segment-part.js';
import type { SegmentRange } from './segment-plan.js';
import {
  type RangeRow,
  type SegmentRow,
  type StoredSegment,
  toRange,
  toSegment,
} from './segment-rows.js';
import { SegmentSealer } from './segment-sealer.js';
import {
  DELETE_SEGMENT,
  FIND_SEGMENT,
  RANGES_DOWN_FROM,
  RANGES_FROM,
} from './segment-statements.js';

/** Reads segments and opens their parts. One that does not open is reported and deleted: its rows are there. */
@Injectable()
export class SegmentReader {
  private readonly logger = new Logger('search');
  /** How many were met that do not open, since the start. */
  unreadable = 0;
  private onDropped: (chatId: string) => void = () => undefined;

  constructor(
    private readonly database: Database,
    private readonly sealer: SegmentSealer,
    private readonly cache: SegmentCache,
  ) {}

  /** Calls back when one was deleted that did not open. */
  watch(onDropped: (chatId: string) => void): void {
    this.onDropped = onDropped;
  }

  /** The segments of a room that end at a place or after it, in their order. */
  async ranges(chatId: string, fromSeq: number, limit: number): Promise<SegmentRange[]> {
    const rows = await this.database.rows<RangeRow>(RANGES_FROM, [chatId, fromSeq, limit]);
    return rows.map(toRange);
  }

  /** Those before the one over a place, and that one, the last one first; of a gap the one after it. */
  async rangesDownFrom(chatId: string, seq: number, limit: number): Promise<SegmentRange[]> {
    const rows = await this.database.rows<RangeRow>(RANGES_DOWN_FROM, [chatId, seq, limit]);
    return rows.map(toRange);
  }

  /** The segment that ends there, sealed; undefined where there is none, 'shut' where it is none. */
  async find(chatId: string, lastSeq: number): Promise<StoredSegment | undefined | 'shut'> {
    const [row] = await this.database.rows<SegmentRow>(FIND_SEGMENT, [chatId, lastSeq]);
    if (!row) return undefined;
    try {
      return toSegment(chatId, row);
    } catch (error) {
      if (!(error instanceof InvalidSegmentError)) throw error;
      this.report({ chatId, lastSeq }, row[2]);
      return 'shut';
    }
  }

  /** The segment that ends there, with all of its parts open. @throws KeyUnavailableError */
  async open(chatId: string, lastSeq: number): Promise<OpenedSegment | undefined> {
    const segment = await this.find(chatId, lastSeq);
    if (!segment || segment === 'shut') return undefined;
    const { place, change, parts } = segment;
    await this.preload(segment, parts);
    const opened = await inSlices(parts, (part) => this.openPart(segment, part));
    if (opened.includes('shut')) return undefined;
    const open = opened.flatMap((part, index) =>
      typeof part === 'object' ? [{ authorId: parts[index].authorId, part }] : [],
    );
    return { place, change, parts: open };
  }

  /** Loads the keys of these parts. */
  preload({ place }: StoredSegment, parts: SealedPart[]): Promise<void> {
    const authorIds = parts.map(({ authorId }) => authorId);
    return this.sealer.preload(place.chatId, authorIds);
  }

  /**
   * A promise only where a key has to be loaded.
   *
   * @returns undefined where the part is of nobody any more; 'shut' where it does not open, and the whole
   *   segment is to be passed over
   * @throws KeyUnavailableError
   */
  openPart(
    { place, change }: StoredSegment,
    part: SealedPart,
  ): SegmentPart | undefined | 'shut' | Promise<SegmentPart | undefined | 'shut'> {
    const shut = (error: unknown): 'shut' => {
      if (!(error instanceof InvalidSealError)) throw error;
      this.report(place, change, part.authorId);
      return 'shut';
    };
    try {
      const opened = this.sealer.open(place, part);
      return opened instanceof Promise ? opened.catch(shut) : opened;
    } catch (error) {
      return shut(error);
    }
  }

  private report(
    { chatId, lastSeq }: Pick<SegmentPlace, 'chatId' | 'lastSeq'>,
    change: number,
    authorId?: string,
  ): void {
    this.unreadable++;
    const where = { chat_id: chatId, last_seq: lastSeq, author_id: authorId };
    this.logger.error({ event: 'search.segment_unreadable', ...where });
    this.drop(chatId, lastSeq, change).catch((err: unknown) => {
      this.logger.warn({ event: 'search.segment_not_deleted', ...where, err });
    });
  }

  private async drop(chatId: string, lastSeq: number, change: number): Promise<void> {
    await this.database.write((tx) => tx.rows(DELETE_SEGMENT, [chatId, lastSeq, change]));
    this.cache.drop(chatId, lastSeq);
    this.onDropped(chatId);
  }
}

import { readSegment, type SealedPart, type SegmentPlace } from './segment-format.js';
import type { SegmentRange } from './segment-plan.js';

/** Segments as statements read them. */

export type RangeRow = [firstSeq: number, lastSeq: number, change: number];
export type SegmentRow = [...RangeRow, keyAt: string, data: Buffer];

/** A segment as it is stored. */
export interface StoredSegment {
  place: SegmentPlace;
  change: number;
  parts: SealedPart[];
}

export function toRange([firstSeq, lastSeq, change]: RangeRow): SegmentRange {
  return { firstSeq, lastSeq, change };
}

/** @throws InvalidSegmentError */
export function toSegment(chatId: string, row: SegmentRow): StoredSegment {
  const [firstSeq, lastSeq, change, keyAt, data] = row;
  return { place: { chatId, firstSeq, lastSeq, keyAt }, change, parts: readSegment(data) };
}

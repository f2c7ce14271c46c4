import { Injectable } from '@nestjs/common';

/** How much a segment holds. */
@Injectable()
export class SegmentSizes {
  /** Messages of one that is made of rows; it begins after a multiple of them. */
  messages = 256;
  /** So many neighbours become one. */
  merged = 16;
  /**
   * Folded text of one, in bytes: where messages are long it ends before, and its neighbours stay as they are.
   * To open a part of so many takes 5 ms.
   */
  bytes = 1024 ** 2;
}

/** The messages that a segment is of. */
export interface SegmentRange {
  firstSeq: number;
  lastSeq: number;
  /** The room's, as of when its rows were read: another one of the same messages has a greater one. */
  change: number;
}

/** What is to be made: of rows, or of segments. */
export type Task =
  { kind: 'build'; firstSeq: number; lastSeq: number } | { kind: 'merge'; ranges: SegmentRange[] };

/** The last message up to which a room is to have segments: rows are read behind it. */
export function completeSeq(lastSeq: number, { messages }: SegmentSizes): number {
  return lastSeq - (lastSeq % messages);
}

/**
 * What is to be done next in a room: the newest messages that are in no segment, or neighbours that can be
 * merged.
 *
 * @param ranges what there is, in its order
 * @param isSpared tells, by the last `seq` of such neighbours, which are to stay as they are
 */
export function nextTask(
  lastSeq: number,
  ranges: SegmentRange[],
  sizes: SegmentSizes,
  isSpared: (lastSeq: number) => boolean,
): Task | undefined {
  const group = sizes.messages * sizes.merged;
  let end = completeSeq(lastSeq, sizes);
  let index = ranges.findLastIndex((range) => range.lastSeq <= end); // others may follow
  while (end > 0) {
    const begin = end - ((end - 1) % group);
    const merged: SegmentRange[] = [];
    let open = end;
    for (; index >= 0 && ranges[index].lastSeq >= begin; index--) {
      const range = ranges[index];
      if (range.lastSeq < open) return gapUpTo(open, range.lastSeq + 1, sizes);
      open = Math.min(open, range.firstSeq - 1);
      merged.unshift(range);
    }
    if (open >= begin) return gapUpTo(open, begin, sizes);
    const isWhole = end - begin + 1 === group && merged[0]?.firstSeq === begin;
    const isFew = merged.length > 1 && merged.length <= sizes.merged;
    if (isWhole && isFew && merged.at(-1)!.lastSeq === end && !isSpared(end)) {
      return { kind: 'merge', ranges: merged };
    }
    end = begin - 1;
  }
  return undefined;
}

/** Of the messages from one up to another, those of the last segment that they make. */
function gapUpTo(lastSeq: number, from: number, { messages }: SegmentSizes): Task {
  const begin = lastSeq - ((lastSeq - 1) % messages);
  return { kind: 'build', firstSeq: Math.max(from, begin), lastSeq };
}

/** How many of the messages up to a place are in some segment. */
export function coveredUpTo(lastSeq: number, ranges: SegmentRange[]): number {
  return ranges.reduce(
    (sum, range) => sum + Math.max(0, Math.min(range.lastSeq, lastSeq) - range.firstSeq + 1),
    0,
  );
}

import { Injectable } from '@nestjs/common';
import { FIRST_KEY } from '../encryption/wrapped-key.entity.js';
import { type NewSegment, SegmentBuilder } from './segment-builder.js';
import { joinParts, type SegmentPart } from './segment-part.js';
import { type SegmentRange, SegmentSizes } from './segment-plan.js';
import { SegmentReader } from './segment-reader.js';

/** Makes one segment of neighbours. */
@Injectable()
export class SegmentMerger {
  constructor(
    private readonly reader: SegmentReader,
    private readonly builder: SegmentBuilder,
    private readonly sizes: SegmentSizes,
  ) {}

  /**
   * @param ranges each ends before the next begins
   * @returns undefined where they hold too much text for one; 'changed' where one of them is another one by now
   * @throws KeyUnavailableError
   */
  async merge(chatId: string, ranges: SegmentRange[]): Promise<NewSegment | undefined | 'changed'> {
    const parts = new Map<string, SegmentPart[]>();
    let [bytes, keyAt, change] = [0, FIRST_KEY, 0];
    for (const range of ranges) {
      const segment = await this.reader.open(chatId, range.lastSeq);
      if (segment?.change !== range.change) return 'changed';
      for (const { authorId, part } of segment.parts) {
        bytes += part.text.length;
        parts.set(authorId, [...(parts.get(authorId) ?? []), part]);
      }
      if (bytes > this.sizes.bytes) return undefined;
      if (segment.place.keyAt > keyAt) keyAt = segment.place.keyAt;
      change = Math.max(change, segment.change);
    }
    const { firstSeq } = ranges[0];
    const place = { chatId, firstSeq, lastSeq: ranges.at(-1)!.lastSeq, keyAt };
    const joined = [...parts].map(
      ([authorId, own]) => [authorId, joinParts(firstSeq, own)] as const,
    );
    return { place, change, data: await this.builder.seal(place, joined) };
  }
}

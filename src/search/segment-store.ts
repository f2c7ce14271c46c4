import { Injectable } from '@nestjs/common';
import { type ChatRow, toChat } from '../chat/room-rows.js';
import { LOCK_CHATS } from '../chat/room-statements.js';
import type { Transaction } from '../database/transaction.js';
import type { NewSegment } from './segment-builder.js';
import type { SegmentRange } from './segment-plan.js';
import { SegmentCache } from './segment-cache.js';
import { type RangeRow, toRange } from './segment-rows.js';
import { CHANGED_IN, DELETE_SEGMENTS, INSERT_SEGMENT, RANGES_FROM } from './segment-statements.js';

/** Puts segments beside the rows that they are of. */
@Injectable()
export class SegmentStore {
  constructor(private readonly cache: SegmentCache) {}

  /**
   * Stores a segment, in place of those that it was made of, while the room is locked: nobody changes its
   * messages then.
   *
   * @param made of these segments; none: of rows
   * @returns false where it is not true any more, or another process has been there: nothing is stored then
   */
  async put(
    tx: Transaction,
    { place, change, data }: NewSegment,
    made: SegmentRange[],
  ): Promise<boolean> {
    const { chatId, firstSeq, lastSeq, keyAt } = place;
    const [row] = await tx.rows<ChatRow>(LOCK_CHATS, [[chatId]]);
    if (!row || toChat(row).deletedAt) return false;
    if (!isSame(await this.rangesIn(tx, place, made.length + 1), made)) return false;
    if (made.length > 0) {
      await tx.rows(DELETE_SEGMENTS, [chatId, firstSeq, lastSeq]);
      tx.onCommit(() => this.cache.forget(chatId, made));
    } else if ((await tx.rows(CHANGED_IN, [chatId, firstSeq, lastSeq, change])).length > 0) {
      return false;
    }
    await tx.rows(INSERT_SEGMENT, [chatId, firstSeq, lastSeq, change, keyAt, data]);
    return true;
  }

  /** Those that have messages of the place. */
  private async rangesIn(
    tx: Transaction,
    { chatId, firstSeq, lastSeq }: NewSegment['place'],
    limit: number,
  ): Promise<SegmentRange[]> {
    const rows = await tx.rows<RangeRow>(RANGES_FROM, [chatId, firstSeq, limit]);
    return rows.map(toRange).filter((range) => range.firstSeq <= lastSeq);
  }
}

function isSame(found: SegmentRange[], made: SegmentRange[]): boolean {
  return (
    found.length === made.length &&
    found.every(
      ({ lastSeq, change }, index) =>
        lastSeq === made[index].lastSeq && change === made[index].change,
    )
  );
}

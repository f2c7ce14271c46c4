import { Injectable } from '@nestjs/common';
import { inSlices } from '../common/slices.js';
import { InvalidSealError } from '../crypto/streaming-aead.js';
import { Database } from '../database/database.js';
import { KeyUnavailableError } from '../encryption/encryption.errors.js';
import { type Findings, KeyVerification, type Verifiable } from '../encryption/key-verification.js';
import { OwnerKeys } from '../encryption/owner-keys.js';
import { FIRST_KEY } from '../encryption/wrapped-key.entity.js';
import { InvalidSegmentError, type SealedPart } from './segment-format.js';
import { type SegmentRow, type StoredSegment, toSegment } from './segment-rows.js';
import { SegmentSealer } from './segment-sealer.js';
import { FIND_SEGMENT, SEGMENT_AFTER } from './segment-statements.js';

/** The authors of what is there of a segment, and does not open; '' for the whole of it. */
interface Looked {
  opened: number;
  shut: string[];
}

/**
 * Opens every part of every segment, for `KeyVerification`; those of an erased author, which are noise, do not
 * count. What does not open is named by room, last `seq` and author.
 */
@Injectable()
export class SegmentVerification implements Verifiable {
  readonly part = 'segments';

  constructor(
    private readonly database: Database,
    private readonly keys: OwnerKeys,
    private readonly sealer: SegmentSealer,
    verification: KeyVerification,
  ) {
    verification.register(this);
  }

  async verify(found: Findings): Promise<void> {
    let last: [chatId: string, lastSeq: number] = [FIRST_KEY, 0];
    for (;;) {
      const [next] = await this.database.rows<typeof last>(SEGMENT_AFTER, last);
      if (!next) return;
      await this.verifyAt(next, found);
      last = next;
    }
  }

  private async verifyAt(place: [chatId: string, lastSeq: number], found: Findings): Promise<void> {
    let { opened, shut } = await this.look(place);
    if (shut.length > 0) {
      // Its keys may have been destroyed meanwhile, or a message of it changed.
      this.keys.forget([place[0], ...shut]);
      ({ opened, shut } = await this.look(place));
    }
    found.opened += opened;
    for (const authorId of shut) found.fail([...place, authorId].filter(Boolean).join('/'));
  }

  private async look([chatId, lastSeq]: [chatId: string, lastSeq: number]): Promise<Looked> {
    const [row] = await this.database.rows<SegmentRow>(FIND_SEGMENT, [chatId, lastSeq]);
    if (!row) return { opened: 0, shut: [] };
    try {
      const segment = toSegment(chatId, row);
      return await this.lookAtParts(segment);
    } catch (error) {
      if (error instanceof InvalidSegmentError) return { opened: 0, shut: [''] };
      throw error;
    }
  }

  private async lookAtParts(segment: StoredSegment): Promise<Looked> {
    const { place, parts } = segment;
    const authorIds = parts.map(({ authorId }) => authorId);
    await this.sealer.preload(place.chatId, authorIds);
    const states = await inSlices(parts, (part) => this.stateOf(segment, part));
    const opened = states.filter((state) => state === 'open').length;
    return { opened, shut: authorIds.filter((_, index) => states[index] === 'shut') };
  }

  private async stateOf(
    { place }: StoredSegment,
    part: SealedPart,
  ): Promise<'open' | 'shut' | 'gone'> {
    try {
      return (await this.sealer.open(place, part)) ? 'open' : 'gone';
    } catch (error) {
      if (error instanceof InvalidSealError || error instanceof KeyUnavailableError) return 'shut';
      throw error;
    }
  }
}

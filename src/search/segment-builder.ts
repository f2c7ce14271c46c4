import { Injectable } from '@nestjs/common';
import { inSlices } from '../common/slices.js';
import { Database } from '../database/database.js';
import { BodyUnreadableError } from '../encryption/encryption.errors.js';
import { MessageCipher } from '../encryption/message-cipher.js';
import { FIRST_KEY } from '../encryption/wrapped-key.entity.js';
import { foldWords } from './fold-words.js';
import { type SealedPart, type SegmentPlace, writeSegment } from './segment-format.js';
import { type FoldedMessage, writePart } from './segment-part.js';
import { SegmentSizes } from './segment-plan.js';
import { SegmentSealer } from './segment-sealer.js';
import { ROWS_FROM } from './segment-statements.js';

/** Fifty of the longest messages are 4 MB. */
const STEP = 50;

/** A segment that is made and not yet stored. */
export interface NewSegment {
  place: SegmentPlace;
  change: number;
  data: Buffer;
}

/** A message as it is stored, or its tombstone. */
type SealedRow = [id: string, seq: number, senderId: string, ciphertext: string | null];

/** What is collected of the messages of one segment. */
class Texts {
  readonly byAuthor = new Map<string, FoldedMessage[]>();
  keyAt = FIRST_KEY;
  bytes = 0;

  constructor(public lastSeq: number) {}

  add([id, seq, authorId]: SealedRow, words: string): void {
    this.lastSeq = seq;
    if (id > this.keyAt) this.keyAt = id;
    if (words === '') return;
    this.bytes += Buffer.byteLength(words);
    const messages = this.byAuthor.get(authorId);
    if (messages) messages.push({ seq, words });
    else this.byAuthor.set(authorId, [{ seq, words }]);
  }
}

/** Makes segments of rows. No cache is filled by it. */
@Injectable()
export class SegmentBuilder {
  constructor(
    private readonly database: Database,
    private readonly cipher: MessageCipher,
    private readonly sealer: SegmentSealer,
    private readonly sizes: SegmentSizes,
  ) {}

  /**
   * A segment of messages that are all there: of the first ones of a range, if their text is long.
   *
   * @param change the room's, read before
   * @returns undefined where the rows are being cleared away
   * @throws KeyUnavailableError
   */
  async build(
    chatId: string,
    { firstSeq, lastSeq }: { firstSeq: number; lastSeq: number },
    change: number,
  ): Promise<NewSegment | undefined> {
    const texts = new Texts(firstSeq - 1);
    while (texts.lastSeq < lastSeq && texts.bytes < this.sizes.bytes) {
      const from = texts.lastSeq + 1;
      const parameters = [chatId, from, lastSeq, STEP];
      const rows = await this.database.rows<SealedRow>(ROWS_FROM, parameters);
      if (rows.length === 0 || rows.some(([, seq], index) => seq !== from + index))
        return undefined;
      await this.fold(chatId, rows, texts);
    }
    const place = { chatId, firstSeq, lastSeq: texts.lastSeq, keyAt: texts.keyAt };
    const parts = [...texts.byAuthor].map(
      ([authorId, messages]) => [authorId, writePart(firstSeq, messages)] as const,
    );
    return { place, change, data: await this.seal(place, parts) };
  }

  /** @param parts as `writePart` makes them, by author; what is of nobody any more is left out */
  async seal(
    place: SegmentPlace,
    parts: (readonly [authorId: string, plain: Buffer])[],
  ): Promise<Buffer> {
    const authorIds = parts.map(([authorId]) => authorId);
    await this.sealer.preload(place.chatId, authorIds);
    const sealed = await inSlices(parts, ([authorId, plain]) =>
      this.sealer.seal(place, authorId, plain),
    );
    return writeSegment(sealed.filter((part): part is SealedPart => part !== undefined));
  }

  /** Takes messages until their text is as much as a segment holds. */
  private async fold(chatId: string, rows: SealedRow[], texts: Texts): Promise<void> {
    await this.sealer.preload(chatId, [...new Set(rows.map(([, , senderId]) => senderId))]);
    await inSlices(rows, async (row) => {
      if (texts.bytes < this.sizes.bytes) texts.add(row, await this.wordsOf(chatId, row));
    });
  }

  private async wordsOf(chatId: string, [id, , senderId, ciphertext]: SealedRow): Promise<string> {
    if (ciphertext === null) return '';
    try {
      return foldWords(await this.cipher.open({ id, chatId, senderId }, ciphertext));
    } catch (error) {
      // Of an erased author, or reported by whoever reads it: nobody finds it by its rows either.
      if (error instanceof BodyUnreadableError) return '';
      throw error;
    }
  }
}

/**
 * What one author wrote in a segment, opened; integers are big endian:
 *
 *   part = count u32 | for each message: seq - first_seq u16 | for each message: newline, space, words, space
 *
 * The words of a message are folded, with a space between each two, so that ` word ` finds whole words; of a
 * message without words nothing is kept.
 */
import { InvalidSegmentError } from './segment-format.js';

const COUNT_BYTES = 4;
const SEQ_BYTES = 2;
const NEWLINE = 10;

/** A message's folded words. */
export interface FoldedMessage {
  seq: number;
  words: string;
}

/** @param messages by `seq` ascending, each with words */
export function writePart(firstSeq: number, messages: FoldedMessage[]): Buffer {
  const text = messages.map(({ words }) => `\n ${words} `).join('');
  const seqs = messages.map(({ seq }) => seq - firstSeq);
  return Buffer.concat([headOf(seqs), Buffer.from(text)]);
}

/** One part of several of the same author, each before the next. */
export function joinParts(firstSeq: number, parts: SegmentPart[]): Buffer {
  const seqs = parts.flatMap((part) => part.seqs().map((seq) => seq - firstSeq));
  return Buffer.concat([headOf(seqs), ...parts.map(({ text }) => text)]);
}

function headOf(seqs: number[]): Buffer {
  const head = Buffer.allocUnsafe(COUNT_BYTES + SEQ_BYTES * seqs.length);
  head.writeUInt32BE(seqs.length);
  seqs.forEach((seq, index) => head.writeUInt16BE(seq, COUNT_BYTES + SEQ_BYTES * index));
  return head;
}

/** What an author has in a segment, opened. */
export interface OpenedPart {
  authorId: string;
  part: SegmentPart;
}

/**
 * The same parts in one piece of memory of just their length, to be kept: of zlib's pieces half may be empty, and
 * to free those of a hundred segments by a thousand authors stopped the event loop for a tenth of a second.
 */
export function inOnePiece(opened: OpenedPart[]): OpenedPart[] {
  const piece = Buffer.concat(opened.map(({ part }) => part.bytes));
  let end = 0;
  return opened.map(({ authorId, part }) => {
    const from = end;
    end += part.bytes.length;
    return { authorId, part: new SegmentPart(piece.subarray(from, end), part.firstSeq) };
  });
}

/** A part that was opened. */
export class SegmentPart {
  readonly count: number;
  readonly text: Buffer;

  /** @throws InvalidSegmentError */
  constructor(
    readonly bytes: Buffer,
    readonly firstSeq: number,
  ) {
    this.count = bytes.length < COUNT_BYTES ? Infinity : bytes.readUInt32BE();
    const textAt = COUNT_BYTES + SEQ_BYTES * this.count;
    if (textAt > bytes.length) throw new InvalidSegmentError();
    this.text = bytes.subarray(textAt);
  }

  seqs(): number[] {
    return Array.from({ length: this.count }, (_, index) => this.seqAt(index));
  }

  /**
   * The messages that hold these bytes, by `seq` ascending.
   *
   * @param isWanted what else has to be true of the folded words of one, with a space before and after
   */
  find(needle: Buffer, isWanted: (sought: string) => boolean): number[] {
    const { text } = this;
    const found: number[] = [];
    let [index, from] = [0, 0];
    let next = text.indexOf(NEWLINE, 1); // where the next message begins
    for (let at = text.indexOf(needle); at !== -1;) {
      while (next !== -1 && next <= at) {
        index++;
        from = next;
        next = text.indexOf(NEWLINE, from + 1);
      }
      const end = next === -1 ? text.length : next;
      if (isWanted(text.toString('utf8', from + 1, end))) found.push(this.seqAt(index));
      at = next === -1 ? -1 : text.indexOf(needle, next);
    }
    return found;
  }

  private seqAt(index: number): number {
    return this.firstSeq + this.bytes.readUInt16BE(COUNT_BYTES + SEQ_BYTES * index);
  }
}

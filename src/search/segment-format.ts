/**
 * A segment as it is stored in `search_segment.data`; integers are big endian, ids are their 16 bytes:
 *
 *   data = format 1 | for each author: author id 16 | flag 1 | length u32 | nonce 12 | tag 16 | ciphertext
 *
 * `flag` is 1 where the part was deflated (raw, RFC 1951) before it was sealed by AES-256-GCM, else 0; `length`
 * is that of the ciphertext.
 */
import { NONCE_BYTES, type Sealed, TAG_BYTES } from '../crypto/aes-gcm.js';
import { idOf, writeId } from '../crypto/ids.js';

const FORMAT = 1;
const ID_BYTES = 16;
const LENGTH_AT = ID_BYTES + 1;
const NONCE_AT = LENGTH_AT + 4;
const TAG_AT = NONCE_AT + NONCE_BYTES;
const HEAD_BYTES = TAG_AT + TAG_BYTES;
const PLACE_BYTES = 1 + 2 * ID_BYTES + 2 * 4;
const BOUND_BYTES = PLACE_BYTES + ID_BYTES + 1;

const bytesOfPlaces = new WeakMap<SegmentPlace, Buffer>();

/** Where a segment stands, and by which keys it opens. */
export interface SegmentPlace {
  chatId: string;
  firstSeq: number;
  /** At most 65,535 more than the first. */
  lastSeq: number;
  /** The greatest message id of its range: its keys are those that serve it. */
  keyAt: string;
}

/** What one author has in a segment, sealed. */
export interface SealedPart extends Sealed {
  authorId: string;
  isDeflated: boolean;
}

/** Bytes that are no segment. */
export class InvalidSegmentError extends Error {
  override readonly name = 'InvalidSegmentError';
}

export function writeSegment(parts: SealedPart[]): Buffer {
  const pieces = parts.map(({ authorId, isDeflated, nonce, tag, ciphertext }) => {
    const head = Buffer.alloc(NONCE_AT);
    writeId(head, authorId, 0);
    head[ID_BYTES] = isDeflated ? 1 : 0;
    head.writeUInt32BE(ciphertext.length, LENGTH_AT);
    return [head, nonce, tag, ciphertext];
  });
  return Buffer.concat([Buffer.from([FORMAT]), ...pieces.flat()]);
}

/** @throws InvalidSegmentError */
export function readSegment(data: Buffer): SealedPart[] {
  if (data[0] !== FORMAT) throw new InvalidSegmentError();
  const parts: SealedPart[] = [];
  for (let at = 1; at < data.length;) {
    if (at + HEAD_BYTES > data.length) throw new InvalidSegmentError();
    const from = at + HEAD_BYTES;
    const end = from + data.readUInt32BE(at + LENGTH_AT);
    const flag = data[at + ID_BYTES];
    if (end > data.length || flag > 1) throw new InvalidSegmentError();
    parts.push({
      authorId: idOf(data.subarray(at, at + ID_BYTES)),
      isDeflated: flag === 1,
      nonce: data.subarray(at + NONCE_AT, at + TAG_AT),
      tag: data.subarray(at + TAG_AT, from),
      ciphertext: data.subarray(from, end),
    });
    at = end;
  }
  return parts;
}

/**
 * What a part is bound to: format, chat id, first and last `seq` (u32 each), `key_at`, author id, flag. One that
 * is moved to another segment, room or author does not open.
 */
export function associatedData(
  place: SegmentPlace,
  { authorId, isDeflated }: Pick<SealedPart, 'authorId' | 'isDeflated'>,
): Buffer {
  const data = Buffer.allocUnsafe(BOUND_BYTES);
  let at = placeBytes(place).copy(data);
  at += writeId(data, authorId, at);
  data.writeUInt8(isDeflated ? 1 : 0, at);
  return data;
}

/** The same for all parts of a segment, of which there may be a thousand: 0.6 µs a part instead of 1.3. A place never changes. */
function placeBytes(place: SegmentPlace): Buffer {
  let data = bytesOfPlaces.get(place);
  if (!data) {
    data = Buffer.alloc(PLACE_BYTES);
    let at = data.writeUInt8(FORMAT);
    at += writeId(data, place.chatId, at);
    at = data.writeUInt32BE(place.firstSeq, at);
    at = data.writeUInt32BE(place.lastSeq, at);
    writeId(data, place.keyAt, at);
    bytesOfPlaces.set(place, data);
  }
  return data;
}

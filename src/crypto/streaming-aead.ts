/**
 * Tink's streaming AEAD AES256-GCM-HKDF with SHA-256 and segments of 64 KiB, after its description:
 * https://developers.google.com/tink/streaming-aead/aes_gcm_hkdf_streaming
 *
 *   sealed   = header | segment 0 | segment 1 | …
 *   header   = its length, 40 (1 byte) | salt 32 | nonce prefix 7
 *   segment  = AES-256-GCM(HKDF(key, salt, associated data), nonce) with its tag, nothing else authenticated
 *   nonce    = nonce prefix 7 | number of the segment (4, big endian) | 1 for the last one, else 0
 *
 * The header counts as a part of the first 64 KiB. Segments open one by one, so that a range costs no
 * more than the segments that it touches; one that is changed, moved, or cut off is noticed.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

export const HEADER_BYTES = 40;
export const SEGMENT_BYTES = 65_536;
const SALT_BYTES = 32;
const PREFIX_BYTES = 7;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
/** What a segment holds, less the header where it is the first. */
const PLAIN_BYTES = SEGMENT_BYTES - TAG_BYTES;
const CIPHER = 'aes-256-gcm';

/** Bytes that are not what was sealed: changed, moved, or cut. It says the same for each. */
export class InvalidSealError extends Error {
  override readonly name = 'InvalidSealError';

  constructor() {
    super('These bytes are not what was sealed');
  }
}

/** A key, and what the bytes belong to; both have to be the same to open them again. */
export interface StreamKey {
  /** 32 random bytes; it may serve many streams, each of which has a salt of its own. */
  key: Buffer;
  associatedData: string;
}

/** A range of bytes: from `start` up to `end`, which is not in it. */
export interface Range {
  start: number;
  end: number;
}

/** It comes first with the first segment, and is read by itself with all others. */
const HEADER: Range = { start: 0, end: HEADER_BYTES };

/** How many bytes so many are when they are sealed. */
export function sealedSize(plainBytes: number): number {
  return HEADER_BYTES + plainBytes + TAG_BYTES * segmentCount(plainBytes);
}

/** Awaited before each segment is sealed or opened, so that others get their turn. */
type Turn = () => Promise<void> | undefined;

/** Seals bytes as they come, a segment at a time. */
export async function* sealStream(
  key: StreamKey,
  source: AsyncIterable<Buffer>,
  turn?: Turn,
): AsyncGenerator<Buffer> {
  const header = Buffer.concat([
    Buffer.from([HEADER_BYTES]),
    randomBytes(SALT_BYTES + PREFIX_BYTES),
  ]);
  const segments = new Segments(key, header);
  yield header;
  let segment = 0;
  const pending = Buffer.allocUnsafe(PLAIN_BYTES);
  let length = 0;
  for await (const piece of source) {
    for (let at = 0; at < piece.length;) {
      if (length === plainBytesOf(segment)) {
        await turn?.();
        yield segments.seal(segment++, false, pending.subarray(0, length));
        length = 0;
      }
      const copied = piece.copy(pending, length, at, at + plainBytesOf(segment) - length);
      length += copied;
      at += copied;
    }
  }
  await turn?.();
  yield segments.seal(segment, true, pending.subarray(0, length));
}

/**
 * Opens a range of a sealed stream, a segment at a time; nothing is given that was not authenticated.
 *
 * @param plainBytes of the whole stream, as it was before it was sealed
 * @param read gives ranges of the sealed bytes, one after the other
 * @throws InvalidSealError
 */
export async function* openRange(
  key: StreamKey,
  plainBytes: number,
  { start, end }: Range,
  read: (...ranges: Range[]) => AsyncIterable<Buffer>,
  turn?: Turn,
): AsyncGenerator<Buffer> {
  if (start >= end && plainBytes > 0) return;
  const [first, final] = [segmentOf(start), segmentOf(Math.max(start, end - 1))];
  const last = segmentCount(plainBytes) - 1;
  const to = final === last ? sealedSize(plainBytes) : (final + 1) * SEGMENT_BYTES;
  const sealed = { start: first * SEGMENT_BYTES, end: to };
  const pieces = new Pieces(first === 0 ? read(sealed) : read(HEADER, sealed));
  try {
    const segments = new Segments(key, await pieces.take(HEADER_BYTES));
    for (let segment = first; segment <= final; segment++) {
      const at = segment === 0 ? HEADER_BYTES : segment * SEGMENT_BYTES;
      const taken = await pieces.take(Math.min((segment + 1) * SEGMENT_BYTES, to) - at);
      await turn?.();
      const opened = segments.open(segment, segment === last, taken);
      const from = plainStartOf(segment);
      yield opened.subarray(Math.max(start - from, 0), Math.max(end - from, 0));
    }
  } finally {
    await pieces.end();
  }
}

function segmentCount(plainBytes: number): number {
  return Math.max(1, Math.ceil((plainBytes + HEADER_BYTES) / PLAIN_BYTES));
}

function plainBytesOf(segment: number): number {
  return segment === 0 ? PLAIN_BYTES - HEADER_BYTES : PLAIN_BYTES;
}

function segmentOf(plainAt: number): number {
  return Math.floor((plainAt + HEADER_BYTES) / PLAIN_BYTES);
}

function plainStartOf(segment: number): number {
  return segment === 0 ? 0 : segment * PLAIN_BYTES - HEADER_BYTES;
}

/** The segments of one stream. */
class Segments {
  private readonly key: Buffer;
  private readonly nonce = Buffer.alloc(NONCE_BYTES);

  constructor({ key, associatedData }: StreamKey, header: Buffer) {
    if (header[0] !== HEADER_BYTES) throw new InvalidSealError();
    const salt = header.subarray(1, 1 + SALT_BYTES);
    this.key = Buffer.from(hkdfSync('sha256', key, salt, associatedData, KEY_BYTES));
    header.copy(this.nonce, 0, 1 + SALT_BYTES);
  }

  seal(segment: number, isLast: boolean, plain: Buffer): Buffer {
    const cipher = createCipheriv(CIPHER, this.key, this.nonceOf(segment, isLast));
    return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  }

  /** @throws InvalidSealError */
  open(segment: number, isLast: boolean, sealed: Buffer): Buffer {
    const end = sealed.length - TAG_BYTES;
    const decipher = createDecipheriv(CIPHER, this.key, this.nonceOf(segment, isLast));
    decipher.setAuthTag(sealed.subarray(end));
    const opened = decipher.update(sealed.subarray(0, end));
    try {
      decipher.final();
    } catch {
      throw new InvalidSealError();
    }
    return opened;
  }

  private nonceOf(segment: number, isLast: boolean): Buffer {
    this.nonce.writeUInt32BE(segment, PREFIX_BYTES);
    this.nonce[NONCE_BYTES - 1] = isLast ? 1 : 0;
    return this.nonce;
  }
}

/** Takes bytes that come in pieces of any length by lengths of one's own. */
class Pieces {
  private readonly source: AsyncIterator<Buffer, undefined>;
  private rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.source = source[Symbol.asyncIterator]() as AsyncIterator<Buffer, undefined>;
  }

  /** @throws InvalidSealError where there are no more */
  async take(bytes: number): Promise<Buffer> {
    const taken = this.rest.length > 0 ? [this.rest] : [];
    let length = this.rest.length;
    while (length < bytes) {
      const next: IteratorResult<Buffer, undefined> = await this.source.next();
      if (next.done) throw new InvalidSealError();
      taken.push(next.value);
      length += next.value.length;
    }
    const all = taken.length === 1 ? taken[0] : Buffer.concat(taken, length);
    this.rest = all.subarray(bytes);
    return all.subarray(0, bytes);
  }

  async end(): Promise<void> {
    await this.source.return?.();
  }
}

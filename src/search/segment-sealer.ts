import { promisify } from 'node:util';
import { deflateRaw, deflateRawSync, inflateRawSync } from 'node:zlib';
import type { KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { gcmOpen, gcmSeal } from '../crypto/aes-gcm.js';
import { InvalidSealError } from '../crypto/streaming-aead.js';
import { KeyMissingError } from '../encryption/encryption.errors.js';
import { SegmentKeys } from '../encryption/segment-keys.js';
import {
  associatedData,
  InvalidSegmentError,
  type SealedPart,
  type SegmentPlace,
} from './segment-format.js';
import { SegmentPart } from './segment-part.js';

/** Less than this is not worth it: to deflate or inflate costs 20 µs at least. */
const DEFLATED_BYTES = 1024;
/** More than this is deflated in another thread: 64 KiB take 2 ms. */
const LONG_BYTES = 65_536;
/** As what people say is, it becomes some three times as long. */
const INFLATED_TIMES = 4;
const SHORTEST_CHUNK = 64;

const deflateElsewhere = promisify(deflateRaw);

/** Seals and opens the parts of segments. */
@Injectable()
export class SegmentSealer {
  constructor(private readonly keys: SegmentKeys) {}

  /**
   * @param plain as `writePart` makes it
   * @returns undefined where the room or the author has no key any more
   * @throws KeyUnavailableError
   */
  async seal(
    place: SegmentPlace,
    authorId: string,
    plain: Buffer,
  ): Promise<SealedPart | undefined> {
    const key = await this.keyOf(place, authorId);
    if (!key) return undefined;
    const isDeflated = plain.length >= DEFLATED_BYTES;
    const bytes = isDeflated ? await deflated(plain) : plain;
    const bound = associatedData(place, { authorId, isDeflated });
    return { authorId, isDeflated, ...gcmSeal(key, bytes, bound) };
  }

  /**
   * A promise only where a key has to be loaded.
   *
   * @returns undefined where the room or the author has no key any more: it is noise then
   * @throws InvalidSealError where its keys are there and it does not open; KeyUnavailableError
   */
  open(
    place: SegmentPlace,
    part: SealedPart,
  ): SegmentPart | undefined | Promise<SegmentPart | undefined> {
    const key = this.keyOf(place, part.authorId);
    return key instanceof Promise
      ? key.then((loaded) => loaded && openWith(loaded, place, part))
      : key && openWith(key, place, part);
  }

  /** Loads the keys of these authors and the room, in one query. */
  preload(chatId: string, authorIds: string[]): Promise<void> {
    return this.keys.preload([chatId, ...authorIds]);
  }

  private keyOf(
    { chatId, keyAt }: SegmentPlace,
    authorId: string,
  ): KeyObject | undefined | Promise<KeyObject | undefined> {
    try {
      const key = this.keys.of({ chatId, authorId, keyAt });
      return key instanceof Promise ? key.catch(orGone) : key;
    } catch (error) {
      return orGone(error);
    }
  }
}

function orGone(error: unknown): undefined {
  if (!(error instanceof KeyMissingError)) throw error;
}

function openWith(key: KeyObject, place: SegmentPlace, part: SealedPart): SegmentPart {
  const bytes = gcmOpen(key, part, associatedData(place, part));
  try {
    return new SegmentPart(part.isDeflated ? inflated(bytes) : bytes, place.firstSeq);
  } catch (error) {
    // Sealed by us, so that only a fault of ours comes to this.
    throw error instanceof InvalidSegmentError ? new InvalidSealError() : error;
  }
}

async function deflated(plain: Buffer): Promise<Buffer> {
  return plain.length > LONG_BYTES ? deflateElsewhere(plain) : deflateRawSync(plain);
}

/** Into one piece of memory that is little longer. */
function inflated(bytes: Buffer): Buffer {
  const chunkSize = Math.max(SHORTEST_CHUNK, bytes.length * INFLATED_TIMES);
  return inflateRawSync(bytes, { chunkSize });
}

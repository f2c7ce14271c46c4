import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { StreamKey } from '../crypto/streaming-aead.js';
import { FileUnreadableError } from '../encryption/encryption.errors.js';
import { FileCipher } from '../encryption/file-cipher.js';
import type { Sealable } from '../encryption/message-cipher.js';
import type { StoredAttachment } from './attachment-rows.js';

/** Bytes of a part, but for the last one. */
export const PART_BYTES = 4 * 1024 ** 2;
const KEY_BYTES = 32;
export const UNKNOWN_TYPE = 'application/octet-stream';

/** What is stored of a file in its `sealed`. */
export interface FileFacts {
  /** 32 bytes, base64url. */
  key: string;
  file_name: string;
  content_type: string;
  size: number;
  /** Of a picture, in pixels. */
  width: number | null;
  height: number | null;
}

/** Seals and opens what is known of files. */
@Injectable()
export class FileFactsCipher {
  constructor(private readonly cipher: FileCipher) {}

  /** @throws KeyMissingError, KeyUnavailableError */
  seal(file: SealedFile, facts: FileFacts): Promise<string> {
    return this.cipher.seal(seatOf(file), JSON.stringify(facts));
  }

  /** @throws FileUnreadableError, KeyUnavailableError */
  async open(file: SealedFile & { sealed: string | null }): Promise<FileFacts> {
    if (file.sealed === null) throw new FileUnreadableError(file.id);
    return JSON.parse(await this.cipher.open(seatOf(file), file.sealed)) as FileFacts;
  }
}

type SealedFile = Pick<StoredAttachment, 'id' | 'chatId' | 'uploaderId'>;

export function newFileKey(): string {
  return randomBytes(KEY_BYTES).toString('base64url');
}

export function partCountOf(size: number): number {
  return Math.ceil(size / PART_BYTES);
}

/** Bytes of a part, before it is sealed. */
export function partSizeOf(
  { size, partCount }: { size: number; partCount: number },
  part: number,
): number {
  return part < partCount ? PART_BYTES : size - (partCount - 1) * PART_BYTES;
}

/** What a part is sealed under: it opens in its place alone. @param part its number; 0 is the thumbnail */
export function partKey(
  { id, partCount }: Pick<StoredAttachment, 'id' | 'partCount'>,
  { key }: FileFacts,
  part: number,
): StreamKey {
  const associatedData = `conclave/file/v1/${id}/${part || 't'}/${partCount}`;
  return { key: Buffer.from(key, 'base64url'), associatedData };
}

/** The name of an object. */
export function objectName(part: number, object: string): string {
  return `${part || 't'}-${object}`;
}

/** A new one for each upload of a part. */
export function newObject(): string {
  return randomBytes(4).toString('hex');
}

function seatOf({ id, chatId, uploaderId }: SealedFile): Sealable {
  return { id, chatId, senderId: uploaderId };
}

/**
 * Fernet, version 0x80, after the published specification:
 * https://github.com/fernet/spec/blob/master/Spec.md
 *
 *   token = base64url(version 1 | time 8 | IV 16 | ciphertext 16n | HMAC 32), with `=` padding
 *   key   = signing key 16 | encryption key 16
 */
import { createCipheriv, createDecipheriv, type KeyObject, timingSafeEqual } from 'node:crypto';
import { random16 } from './random.js';
import { hmacSha256 } from './hmac.js';
import { secretKey } from './secret-key.js';

const VERSION = 0x80;
const TIME_OFFSET = 1;
const IV_OFFSET = 9;
const CIPHERTEXT_OFFSET = 25;
const BLOCK_BYTES = 16;
const MAC_BYTES = 32;
const MIN_TOKEN_BYTES = CIPHERTEXT_OFFSET + BLOCK_BYTES + MAC_BYTES;
const KEY_BYTES = 32;
const KEY_CHARACTERS = 44;
const MAX_CLOCK_SKEW_SECONDS = 60;

/** The two halves of a key that is kept: what stands in no heap of JavaScript. */
export interface FernetKey {
  signing: KeyObject;
  encryption: KeyObject;
}

/** The token cannot be opened. Says the same for every cause, so that it tells an attacker nothing. */
export class InvalidFernetTokenError extends Error {
  override readonly name = 'InvalidFernetTokenError';

  constructor() {
    super('Invalid Fernet token');
  }
}

/** The key is not a Fernet key. Never holds the value that was refused. */
export class InvalidFernetKeyError extends Error {
  override readonly name = 'InvalidFernetKeyError';

  constructor() {
    super('Invalid Fernet key: expected 32 bytes, as 44 characters of padded base64url');
  }
}

/**
 * Reads a key in the key format of the specification.
 *
 * @param text exactly the 44 characters of canonical, padded base64url
 * @returns the 32 bytes of the key
 * @throws InvalidFernetKeyError for anything else
 */
export function parseFernetKey(text: string): Buffer {
  const key = text.length === KEY_CHARACTERS ? decodeBase64Url(text) : undefined;
  if (key?.length !== KEY_BYTES) throw new InvalidFernetKeyError();
  return key;
}

/** Makes a key to be kept of its 32 bytes, which are zeroed. @throws InvalidFernetKeyError */
export function keptFernetKey(key: Buffer): FernetKey {
  const { signing, encryption } = halvesOf(key);
  return { signing: secretKey(signing as Buffer), encryption: secretKey(encryption as Buffer) };
}

/**
 * Encrypts and signs; "Generating" in the specification.
 *
 * @param given the 32 bytes of the key, or one that is kept
 * @param plaintext bytes, or a string to be encoded as UTF-8; may be empty
 * @param options.nowSeconds whole seconds since 1970 UTC to record; the clock's unless given
 * @param options.iv 16 bytes, never used before with this key (for tests); random unless given
 * @returns the token: padded base64url, 4 * ceil((73 + 16 * floor(bytes / 16)) / 3) characters
 * @throws InvalidFernetKeyError if the key is not 32 bytes; RangeError or TypeError for other
 *   options than these
 */
export function fernetSeal(
  given: Buffer | FernetKey,
  plaintext: Buffer | string,
  options?: { nowSeconds?: number; iv?: Buffer },
): string {
  const { signing, encryption } = halvesOf(given);
  const iv = options?.iv ?? random16();
  const cipher = createCipheriv('aes-128-cbc', encryption, iv);
  const blocks =
    typeof plaintext === 'string' ? cipher.update(plaintext, 'utf8') : cipher.update(plaintext);
  const lastBlock = cipher.final();

  const lastBlockOffset = CIPHERTEXT_OFFSET + blocks.length;
  const macOffset = lastBlockOffset + lastBlock.length;
  const raw = Buffer.allocUnsafe(macOffset + MAC_BYTES);
  raw[0] = VERSION;
  raw.writeBigUInt64BE(BigInt(options?.nowSeconds ?? clockSeconds()), TIME_OFFSET);
  raw.set(iv, IV_OFFSET);
  raw.set(blocks, CIPHERTEXT_OFFSET);
  raw.set(lastBlock, lastBlockOffset);
  raw.set(hmacSha256(signing, raw.subarray(0, macOffset)), macOffset);
  return encodeBase64Url(raw);
}

/**
 * Checks and decrypts; "Verifying" in the specification, with its steps in its order.
 *
 * @param given the 32 bytes of the key, or one that is kept
 * @param token padded base64url, in its one canonical form
 * @param options.ttlSeconds the greatest age of the token. The token's time is looked at only if
 *   this is given; then a time of more than 60 s in the future is refused too
 * @param options.nowSeconds seconds since 1970 UTC to compare with; the clock's unless given
 * @returns the bytes that were sealed
 * @throws InvalidFernetTokenError for whatever is wrong with the token; InvalidFernetKeyError if
 *   the key is not 32 bytes
 */
export function fernetOpen(
  given: Buffer | FernetKey,
  token: string,
  options?: { ttlSeconds?: number; nowSeconds?: number },
): Buffer {
  const { signing, encryption } = halvesOf(given);
  const raw = decodeBase64Url(token);
  if (
    raw === undefined ||
    raw.length < MIN_TOKEN_BYTES ||
    (raw.length - MIN_TOKEN_BYTES) % BLOCK_BYTES !== 0 ||
    raw[0] !== VERSION
  ) {
    throw new InvalidFernetTokenError();
  }
  if (options?.ttlSeconds !== undefined) {
    requireFresh(raw, options.ttlSeconds, options.nowSeconds ?? clockSeconds());
  }
  const macOffset = raw.length - MAC_BYTES;
  if (!timingSafeEqual(hmacSha256(signing, raw.subarray(0, macOffset)), raw.subarray(macOffset))) {
    throw new InvalidFernetTokenError();
  }
  const iv = raw.subarray(IV_OFFSET, CIPHERTEXT_OFFSET);
  // Of what is padded it would hold the last block back, for another Buffer and a copy of both.
  const decipher = createDecipheriv('aes-128-cbc', encryption, iv).setAutoPadding(false);
  return withoutPadding(decipher.update(raw.subarray(CIPHERTEXT_OFFSET, macOffset)));
}

/** Of PKCS #7. That it is wrong tells nobody anything: the token was signed by who has the key. */
function withoutPadding(blocks: Buffer): Buffer {
  const length = blocks.length - blocks[blocks.length - 1];
  const padding = blocks.length - length;
  if (padding < 1 || padding > BLOCK_BYTES) throw new InvalidFernetTokenError();
  for (let at = length; at < blocks.length; at++) {
    if (blocks[at] !== padding) throw new InvalidFernetTokenError();
  }
  return blocks.subarray(0, length);
}

function halvesOf(key: Buffer | FernetKey): {
  signing: Buffer | KeyObject;
  encryption: Buffer | KeyObject;
} {
  if (!Buffer.isBuffer(key)) return key;
  if (key.length !== KEY_BYTES) throw new InvalidFernetKeyError();
  return { signing: key.subarray(0, 16), encryption: key.subarray(16) };
}

function requireFresh(raw: Buffer, ttlSeconds: number, nowSeconds: number): void {
  const sealedAt = Number(raw.readBigUInt64BE(TIME_OFFSET));
  // Written so that a NaN refuses the token.
  const fresh =
    sealedAt + ttlSeconds >= nowSeconds && sealedAt <= nowSeconds + MAX_CLOCK_SKEW_SECONDS;
  if (!fresh) throw new InvalidFernetTokenError();
}

function clockSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

const BASE64_PADDING = ['', '==', '='];

function encodeBase64Url(bytes: Buffer): string {
  return bytes.toString('base64url') + BASE64_PADDING[bytes.length % 3];
}

/** Node's decoder skips what it does not know; comparing with the encoding refuses all of that. */
function decodeBase64Url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return encodeBase64Url(bytes) === text ? bytes : undefined;
}

import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { expandKey, extractKey } from './derive-key.js';
import { BodyUnreadableError, KeyMissingError } from './encryption.errors.js';
import { fernetOpen, fernetSeal, InvalidFernetTokenError } from './fernet.js';
import { OwnerKeys } from './owner-keys.js';

/** What a message's key is derived from. */
export interface Sealable {
  id: string;
  chatId: string;
  senderId: string;
}

interface PairKey {
  chatKey: Buffer;
  authorKey: Buffer;
  extracted: Buffer;
}

/** About 400 bytes each. */
const CACHED_PAIRS = 20_000;

/**
 * Seals and opens message bodies, each under a key of its own:
 * HKDF-SHA256(chat key ‖ author key, "conclave/message/v1/" + message id). A token that is moved to
 * another row or room, or given another author, does not open.
 */
@Injectable()
export class MessageCipher {
  /** What all messages of one author in one room have in common. */
  private readonly pairs = new LRUCache<string, PairKey>({ max: CACHED_PAIRS });

  constructor(private readonly keys: OwnerKeys) {}

  /**
   * Seal a message body for storage.
   *
   * @param body text, encoded as UTF-8
   * @returns Fernet token: URL-safe base64, at least 100 characters
   * @throws KeyMissingError when the room or the author has no key
   */
  async seal(message: Sealable, body: string): Promise<string> {
    return fernetSeal(await this.messageKey(message), body);
  }

  /**
   * Open a stored body: at once, or later where a key has to be loaded.
   *
   * @throws BodyUnreadableError when the token is not this message's, or a key is gone
   */
  open(message: Sealable, ciphertext: string): string | Promise<string> {
    const key = this.messageKey(message);
    if (!(key instanceof Promise)) return openWith(key, message, ciphertext);
    return key.then(
      (loaded) => openWith(loaded, message, ciphertext),
      (error: unknown) => refuse(message, error),
    );
  }

  /** Forgets what was derived from keys that are destroyed. */
  forget(): void {
    this.pairs.clear();
  }

  /** A promise only where a key has to be loaded. */
  private messageKey(message: Sealable): Buffer | Promise<Buffer> {
    const chatKey = this.keys.get(message.chatId);
    const authorKey = this.keys.get(message.senderId);
    return chatKey instanceof Promise || authorKey instanceof Promise
      ? Promise.all([chatKey, authorKey]).then((keys) => this.expand(message, ...keys))
      : this.expand(message, chatKey, authorKey);
  }

  private expand({ id, chatId, senderId }: Sealable, chatKey: Buffer, authorKey: Buffer): Buffer {
    const extracted = this.extracted(`${chatId} ${senderId}`, chatKey, authorKey);
    return expandKey(extracted, `conclave/message/v1/${id}`);
  }

  /** Of the very keys that are given: one that was forgotten and loaded anew counts as another. */
  private extracted(pair: string, chatKey: Buffer, authorKey: Buffer): Buffer {
    const known = this.pairs.get(pair);
    if (known?.chatKey === chatKey && known.authorKey === authorKey) return known.extracted;
    const extracted = extractKey(Buffer.concat([chatKey, authorKey]));
    this.pairs.set(pair, { chatKey, authorKey, extracted });
    return extracted;
  }
}

function openWith(key: Buffer, message: Sealable, ciphertext: string): string {
  try {
    return fernetOpen(key, ciphertext).toString('utf8');
  } catch (error) {
    return refuse(message, error);
  }
}

function refuse({ id }: Sealable, error: unknown): never {
  if (error instanceof InvalidFernetTokenError || error instanceof KeyMissingError) {
    throw new BodyUnreadableError(id, { cause: error });
  }
  throw error;
}

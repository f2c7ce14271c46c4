import type { KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { upTo } from '../common/cache-bound.js';
import { expandKey, extractKey } from '../crypto/derive-key.js';
import { BodyUnreadableError, KeyMissingError } from './encryption.errors.js';
import { fernetOpen, fernetSeal, InvalidFernetTokenError } from '../crypto/fernet.js';
import type { KeyList } from './key-list.js';
import { OwnerKeys } from './owner-keys.js';

/** What a message's key is derived from. */
export interface Sealable {
  id: string;
  chatId: string;
  senderId: string;
}

interface PairKey {
  chatKey: KeyObject;
  authorKey: KeyObject;
  extracted: KeyObject;
  /** Of the same two, of another time. */
  next: PairKey | undefined;
}

/** About 400 bytes each. */
const CACHED_PAIRS = 20_000;
/** Of one pair: as many as its keys were renewed, but for those of long ago. */
const MOST_OF_PAIR = 8;

/**
 * Seals and opens message bodies, each under a key of its own:
 * HKDF-SHA256(chat key ‖ author key, "conclave/message/v1/" + message id). A token that is moved to
 * another row or room, or given another author, does not open.
 */
@Injectable()
export class MessageCipher {
  /** What all messages of one author in one room have in common. */
  private readonly pairs = new LRUCache<string, PairKey>(upTo(CACHED_PAIRS));

  constructor(private readonly keys: OwnerKeys) {}

  /**
   * Seal a message body for storage.
   *
   * @param body text, encoded as UTF-8
   * @returns Fernet token: URL-safe base64, at least 100 characters
   * @throws KeyMissingError when the room or the author has no key, KeyUnavailableError when this
   *   process lacks its master key
   */
  async seal(message: Sealable, body: string): Promise<string> {
    const key = await this.messageKey(message);
    const token = fernetSeal(key, body);
    key.fill(0);
    return token;
  }

  /**
   * Open a stored body: at once, or later where a key has to be loaded.
   *
   * @throws BodyUnreadableError when the token is not this message's, or a key is gone;
   *   KeyUnavailableError when this process lacks the master key of one
   */
  open(message: Sealable, ciphertext: string): string | Promise<string> {
    try {
      const key = this.messageKey(message);
      if (!(key instanceof Promise)) return openWith(key, ciphertext);
      return key
        .then((loaded) => openWith(loaded, ciphertext))
        .catch((error: unknown) => refuse(message, error));
    } catch (error) {
      return refuse(message, error);
    }
  }

  /** Forgets what was derived from keys that are destroyed. */
  forget(): void {
    this.pairs.clear();
  }

  /** A promise only where a key has to be loaded. */
  private messageKey(message: Sealable): Buffer | Promise<Buffer> {
    const chatKeys = this.keys.of(message.chatId);
    const authorKeys = this.keys.of(message.senderId);
    return chatKeys instanceof Promise || authorKeys instanceof Promise
      ? Promise.all([chatKeys, authorKeys]).then((keys) => this.expand(message, ...keys))
      : this.expand(message, chatKeys, authorKeys);
  }

  private expand({ id, chatId, senderId }: Sealable, chat: KeyList, author: KeyList): Buffer {
    const [authorKey, chatKey] = [author.serving(id), chat.serving(id)];
    const extracted = this.extracted(`${chatId} ${senderId}`, chatKey, authorKey);
    return expandKey(extracted, `conclave/message/v1/${id}`);
  }

  /** Of the very keys that are given: one that was forgotten and loaded anew counts as another. */
  private extracted(pair: string, chatKey: KeyObject, authorKey: KeyObject): KeyObject {
    const known = this.pairs.get(pair);
    let [one, count] = [known, 0];
    for (; one; one = one.next, count++) {
      if (one.chatKey === chatKey && one.authorKey === authorKey) return one.extracted;
    }
    const extracted = extractKey(chatKey, authorKey);
    const next = count < MOST_OF_PAIR ? known : undefined;
    this.pairs.set(pair, { chatKey, authorKey, extracted, next });
    return extracted;
  }
}

function openWith(key: Buffer, ciphertext: string): string {
  try {
    return fernetOpen(key, ciphertext).toString('utf8');
  } finally {
    key.fill(0);
  }
}

function refuse({ id }: Sealable, error: unknown): never {
  if (error instanceof InvalidFernetTokenError || error instanceof KeyMissingError) {
    throw new BodyUnreadableError(id, { cause: error });
  }
  throw error;
}

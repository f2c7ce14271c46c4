import type { KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { expandKey, extractKey } from '../crypto/derive-key.js';
import { secretKey } from '../crypto/secret-key.js';
import type { KeyList } from './key-list.js';
import { OwnerKeys } from './owner-keys.js';

const INFO = 'conclave/search/v1';

/** What one author's part of a segment is sealed under. */
export interface PartOwner {
  chatId: string;
  authorId: string;
  /** The message id whose keys these are. */
  keyAt: string;
}

/**
 * The keys of the parts of search's segments: HKDF-SHA256(chat key ‖ author key, "conclave/search/v1"), the
 * keys being those that serve the segment's `key_at`. All parts of an author in a room have the same one, until
 * either key is renewed.
 */
@Injectable()
export class SegmentKeys {
  /** By the chat's key and the author's, and gone from memory with either. */
  private readonly derived = new WeakMap<KeyObject, WeakMap<KeyObject, KeyObject>>();

  constructor(private readonly keys: OwnerKeys) {}

  /**
   * A promise only where a key has to be loaded.
   *
   * @throws KeyMissingError where the room or the author has no key any more; KeyUnavailableError where
   *   this process lacks the master key of one
   */
  of({ chatId, authorId, keyAt }: PartOwner): KeyObject | Promise<KeyObject> {
    const chat = this.keys.of(chatId);
    const author = this.keys.of(authorId);
    return chat instanceof Promise || author instanceof Promise
      ? Promise.all([chat, author]).then((lists) => this.derive(keyAt, ...lists))
      : this.derive(keyAt, chat, author);
  }

  /** Loads what is not in memory, in one query; owners without a key are passed over. */
  async preload(ownerIds: string[]): Promise<void> {
    await this.keys.preload(ownerIds);
  }

  private derive(keyAt: string, chat: KeyList, author: KeyList): KeyObject {
    const [chatKey, authorKey] = [chat.serving(keyAt), author.serving(keyAt)];
    let ofChat = this.derived.get(chatKey);
    if (!ofChat) this.derived.set(chatKey, (ofChat = new WeakMap()));
    let key = ofChat.get(authorKey);
    if (!key) {
      key = secretKey(expandKey(extractKey(chatKey, authorKey), INFO));
      ofChat.set(authorKey, key);
    }
    return key;
  }
}

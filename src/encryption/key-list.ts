import { KeyObject } from 'node:crypto';
import { KeyMissingError, KeyUnavailableError } from './encryption.errors.js';
import { FIRST_KEY } from './wrapped-key.entity.js';

export interface OwnerKey {
  /** The first message id that it serves, until the next key's. */
  since: string;
  /** 32 bytes; where they cannot be had, what tells whoever wants them. */
  key: KeyObject | (() => Error);
}

/** The keys of a room or user. Ids compare as lower-case strings, whichever the database. */
export class KeyList {
  private readonly newestFirst: OwnerKey[];

  constructor(
    private readonly ownerId: string,
    keys: OwnerKey[],
  ) {
    this.newestFirst = [...keys].sort((one, other) => (one.since < other.since ? 1 : -1));
  }

  /** Whether every key can be used. */
  get isSound(): boolean {
    return this.newestFirst.every(({ key }) => key instanceof KeyObject);
  }

  /**
   * The key that serves a message: that with the greatest `since` up to the message's id.
   *
   * @throws KeyMissingError, KeyUnavailableError
   */
  serving(messageId: string): KeyObject {
    for (const { since, key } of this.newestFirst) {
      if (since > messageId) continue;
      if (typeof key === 'function') throw key();
      return key;
    }
    throw new KeyMissingError(this.ownerId);
  }

  /** What keeps this process, but not others, from using the key that serves a message. */
  failureFor(messageId: string): Error | undefined {
    const key = this.newestFirst.find(({ since }) => since <= messageId)?.key;
    const failure = typeof key === 'function' ? key() : undefined;
    return failure instanceof KeyUnavailableError ? failure : undefined;
  }

  /** The key that the owner was made with. @throws as `serving` */
  get first(): KeyObject {
    return this.serving(FIRST_KEY);
  }
}

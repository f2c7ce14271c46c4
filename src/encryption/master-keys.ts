import { type KeyObject, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { idBytes } from '../crypto/ids.js';
import { keysOf, Secrets } from '../config/secrets.js';
import { deriveKey } from '../crypto/derive-key.js';
import { KeyMissingError } from './encryption.errors.js';
import {
  type FernetKey,
  fernetOpen,
  fernetSeal,
  InvalidFernetTokenError,
  keptFernetKey,
} from '../crypto/fernet.js';

const ID_BYTES = 16;
const KEY_BYTES = 32;

export interface Wrapped {
  /** Names the master key that wraps: 16 hex digits. */
  keyId: string;
  /** Fernet token of the owner's id, 16 bytes, followed by the key. */
  token: string;
}

/** `seals`: the first, `opens`: another one of the list, `unknown`: one that this process lacks. */
export type MasterKeyState = 'seals' | 'opens' | 'unknown';

/** The master keys: the first wraps, every one unwraps. None is ever stored in the database. */
@Injectable()
export class MasterKeys {
  private byId = new Map<string, FernetKey>();

  constructor(secrets: Secrets) {
    secrets.watchMasterKeys((keys) => {
      this.byId = new Map(keys.map((key) => [idOf(key), keptFernetKey(key.export())]));
    });
  }

  /** Of these texts. */
  static of(...keys: string[]): MasterKeys {
    const parsed = keysOf(keys);
    return new MasterKeys({ watchMasterKeys: (listen) => listen(parsed) } as Secrets);
  }

  /** Id of the key that wraps. */
  get currentId(): string {
    const [first] = this.byId.keys();
    return first;
  }

  /** Of all of them, the one that wraps first. */
  get ids(): string[] {
    return [...this.byId.keys()];
  }

  has(keyId: string): boolean {
    return this.byId.has(keyId);
  }

  stateOf(keyId: string): MasterKeyState {
    if (keyId === this.currentId) return 'seals';
    return this.has(keyId) ? 'opens' : 'unknown';
  }

  wrap(ownerId: string, key: Buffer): Wrapped {
    const master = this.byId.get(this.currentId)!;
    const owned = Buffer.concat([idBytes(ownerId), key]);
    const token = fernetSeal(master, owned);
    owned.fill(0);
    return { keyId: this.currentId, token };
  }

  /**
   * @returns 32 bytes, which the caller zeroes
   * @throws KeyMissingError when the token is not this owner's or its master key is not here
   */
  unwrap(ownerId: string, { keyId, token }: Wrapped): Buffer {
    const master = this.byId.get(keyId);
    const opened = master && openOrNone(master, token);
    if (!opened?.subarray(0, ID_BYTES).equals(idBytes(ownerId))) throw new KeyMissingError(ownerId);
    return opened.subarray(ID_BYTES);
  }
}

/** A new key of a room or user: 32 random bytes, which the caller zeroes. */
export function newKey(): Buffer {
  return randomBytes(KEY_BYTES);
}

/** What a master key is known by: 16 hex digits. */
export function idOf(masterKey: KeyObject): string {
  return deriveKey(masterKey, 'conclave/key-id/v1', 8).toString('hex');
}

function openOrNone(master: FernetKey, token: string): Buffer | undefined {
  try {
    return fernetOpen(master, token);
  } catch (error) {
    if (error instanceof InvalidFernetTokenError) return undefined;
    throw error;
  }
}

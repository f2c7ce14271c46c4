import { Injectable } from '@nestjs/common';
import { idBytes } from '../crypto/ids.js';
import { Secrets } from '../config/secrets.js';
import { deriveKey } from '../crypto/derive-key.js';
import { KeyMissingError } from './encryption.errors.js';
import {
  fernetOpen,
  fernetSeal,
  InvalidFernetTokenError,
  parseFernetKey,
} from '../crypto/fernet.js';

const ID_BYTES = 16;

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
  private byId = new Map<string, Buffer>();

  constructor(secrets: Secrets) {
    secrets.watchMasterKeys((keys) => (this.byId = byId(keys)));
  }

  /** Of these texts. */
  static of(...keys: string[]): MasterKeys {
    return new MasterKeys({ watchMasterKeys: (listen) => listen(keys) } as Secrets);
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
    const token = fernetSeal(master, Buffer.concat([idBytes(ownerId), key]));
    return { keyId: this.currentId, token };
  }

  /** @throws KeyMissingError when the token is not this owner's or its master key is not here */
  unwrap(ownerId: string, { keyId, token }: Wrapped): Buffer {
    const master = this.byId.get(keyId);
    const opened = master && openOrNone(master, token);
    if (!opened?.subarray(0, ID_BYTES).equals(idBytes(ownerId))) throw new KeyMissingError(ownerId);
    return opened.subarray(ID_BYTES);
  }
}

/** @returns the keys by their ids, in the same order */
export function byId(masterKeys: string[]): Map<string, Buffer> {
  return new Map(
    masterKeys.map((text) => {
      const key = parseFernetKey(text);
      return [deriveKey(key, 'conclave/key-id/v1', 8).toString('hex'), key];
    }),
  );
}

function openOrNone(master: Buffer, token: string): Buffer | undefined {
  try {
    return fernetOpen(master, token);
  } catch (error) {
    if (error instanceof InvalidFernetTokenError) return undefined;
    throw error;
  }
}

import { Injectable } from '@nestjs/common';
import { Secrets } from '../config/secrets.js';
import { deriveKey } from '../crypto/derive-key.js';
import { type FernetKey, fernetOpen, fernetSeal, keptFernetKey } from '../crypto/fernet.js';

/** A sealed event that is older is not delivered: nobody replays it later. */
const TTL_SECONDS = 60;

/** Seals what leaves the process, so that Redis sees no plain word of it. */
@Injectable()
export class BusCipher {
  private keys: FernetKey[] = [];

  constructor(secrets: Secrets) {
    secrets.watchMasterKeys((keys) => {
      this.keys = keys.map((key) => keptFernetKey(deriveKey(key, 'conclave/bus/v1')));
    });
  }

  seal(text: string): string {
    return fernetSeal(this.keys[0], text);
  }

  /** The text under whichever key it was sealed, `undefined` when it is none of ours. */
  open(token: string): string | undefined {
    for (const key of this.keys) {
      try {
        return fernetOpen(key, token, { ttlSeconds: TTL_SECONDS }).toString('utf8');
      } catch {
        continue;
      }
    }
    return undefined;
  }
}

import type { KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Secrets } from '../config/secrets.js';
import { deriveKey } from '../crypto/derive-key.js';
import { secretKey } from '../crypto/secret-key.js';

/** The keys that sign tokens, by `kid`: the first signs, every one verifies. */
@Injectable()
export class JwtKeys {
  private readonly byId = new Map<string, KeyObject>();
  readonly currentId: string;

  constructor(secrets: Secrets) {
    for (const secret of secrets.jwtSecrets) {
      const bytes = Buffer.from(secret);
      const id = deriveKey(bytes, 'conclave/jwt-kid/v1', 8).toString('hex');
      // As a KeyObject, since jsonwebtoken tries to read strings and buffers as PEM first.
      this.byId.set(id, secretKey(bytes));
    }
    [this.currentId] = this.byId.keys();
  }

  get current(): KeyObject {
    return this.byId.get(this.currentId)!;
  }

  find(id: unknown): KeyObject | undefined {
    return typeof id === 'string' ? this.byId.get(id) : undefined;
  }
}

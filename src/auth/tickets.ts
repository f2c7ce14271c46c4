import { timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Secrets } from '../config/secrets.js';
import { deriveKey } from '../crypto/derive-key.js';
import { hmacSha256 } from '../crypto/hmac.js';
import { idBytes, idOf, writeId } from '../crypto/ids.js';
import { Database } from '../database/database.js';
import { statement } from '../database/statement.js';
import type { AuthUser } from '../http/current-user.js';
import { DeadTicketError } from './auth.errors.js';

const INFO = 'conclave/ticket/v1';
const HOUR_SECONDS = 3600;
const ID_BYTES = 16;
const TIME_BYTES = 4;
const MAC_BYTES = 32;
const FORM = /^[\w-]{70}$/;

/** By the primary key. Parameters: session, milliseconds since 1970. */
const FIND_USER = statement({
  name: 'user_of_session',
  postgres: 'SELECT user_id FROM session WHERE id = $1 AND expires_at > $2',
  sqlite: 'SELECT user_id FROM session WHERE id = ? AND expires_at > ?',
});

/** Whom a ticket lets in, and how long yet. */
export interface Admitted {
  user: AuthUser;
  expiresAt: Date;
}

/**
 * Tickets stand in for a token where none can be sent, such as in `<img src>`: for one file, by one
 * session, until the end of the next full hour, so that a URL stays the same for an hour and more. One is
 * base64url of session id (16 bytes), expiry (4 bytes, seconds since 1970, big endian), and HMAC-SHA256,
 * under HKDF(JWT secret, "conclave/ticket/v1"), of file id (16 bytes), session id and expiry.
 */
@Injectable()
export class Tickets {
  /** The first makes tickets, every one verifies. */
  private readonly macKeys: Buffer[];

  constructor(
    secrets: Secrets,
    private readonly database: Database,
  ) {
    this.macKeys = secrets.jwtSecrets.map((secret) => deriveKey(Buffer.from(secret), INFO));
  }

  make(fileId: string, { sessionId }: AuthUser): { ticket: string; expiresAt: Date } {
    const expiry = (Math.floor(Date.now() / 1000 / HOUR_SECONDS) + 2) * HOUR_SECONDS;
    const claims = Buffer.alloc(ID_BYTES + TIME_BYTES);
    writeId(claims, sessionId, 0);
    claims.writeUInt32BE(expiry, ID_BYTES);
    const mac = macOf(this.macKeys[0], fileId, claims);
    const ticket = Buffer.concat([claims, mac]).toString('base64url');
    return { ticket, expiresAt: new Date(expiry * 1000) };
  }

  /** The session is asked for each time. @throws DeadTicketError */
  async admit(fileId: string, ticket: unknown): Promise<Admitted> {
    const claims = this.claimsOf(fileId, ticket);
    if (!claims) throw new DeadTicketError();
    const expiresAt = new Date(claims.readUInt32BE(ID_BYTES) * 1000);
    const sessionId = idOf(claims.subarray(0, ID_BYTES));
    if (expiresAt.getTime() <= Date.now()) throw new DeadTicketError();
    const [found] = await this.database.rows<[string]>(FIND_USER, [sessionId, Date.now()]);
    if (!found) throw new DeadTicketError();
    return { user: { id: found[0], sessionId }, expiresAt };
  }

  private claimsOf(fileId: string, ticket: unknown): Buffer | undefined {
    if (typeof ticket !== 'string' || !FORM.test(ticket)) return undefined;
    const bytes = Buffer.from(ticket, 'base64url');
    const claims = bytes.subarray(0, -MAC_BYTES);
    const mac = bytes.subarray(-MAC_BYTES);
    const isOurs = this.macKeys.some((key) => timingSafeEqual(macOf(key, fileId, claims), mac));
    return isOurs ? claims : undefined;
  }
}

function macOf(key: Buffer, fileId: string, claims: Buffer): Buffer {
  return hmacSha256(key, Buffer.concat([idBytes(fileId), claims]));
}

import { createHmac, randomUUID } from 'node:crypto';
import type { Answer } from './client.js';
import type { TestApp } from './test-app.js';

/** What the team's own backend shares with the server. */
export const EXCHANGE_SECRET = 'known to the backend and to the server';

export const nowSeconds = (): number => Math.floor(Date.now() / 1000);

/** The claims of a sound token; of a user nobody has seen unless `sub` is given. */
export function claimsOf(fields: object = {}): Record<string, unknown> {
  const iat = nowSeconds();
  return { aud: 'conclave', sub: randomUUID(), iat, exp: iat + 60, ...fields };
}

interface Making {
  header?: object;
  secret?: string | Buffer;
  hash?: string;
}

/** A token as a backend signs one. */
export function signToken(claims: unknown = claimsOf(), made: Making = {}): string {
  const { header = {}, secret = EXCHANGE_SECRET, hash = 'sha256' } = made;
  const encode = (part: unknown): string =>
    Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');
  const input = `${encode({ alg: 'HS256', typ: 'JWT', ...header })}.${encode(claims)}`;
  return `${input}.${createHmac(hash, secret).update(input).digest('base64url')}`;
}

/** Exchanges a sound token with these claims. */
export function exchange(app: TestApp, fields: object = {}): Promise<Answer> {
  return app.anonymous.post('/userauth/exchange', { token: signToken(claimsOf(fields)) });
}

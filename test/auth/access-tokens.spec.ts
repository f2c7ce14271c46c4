import { createHmac } from 'node:crypto';
import { JwtService } from '@nestjs/jwt';
import type { FastifyRequest } from 'fastify';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { AccessTokens } from '../../src/auth/access-tokens.js';
import { DeadTokenError } from '../../src/auth/auth.errors.js';
import { JwtKeys } from '../../src/auth/jwt-keys.js';
import { JwtStrategy } from '../../src/auth/jwt-strategy.js';
import { type TokenClaims, TokenRules } from '../../src/auth/token-rules.js';
import { TokenService } from '../../src/auth/token.service.js';
import type { Whitelist } from '../../src/auth/whitelist.js';
import type { Secrets } from '../../src/config/secrets.js';
import { newId } from '../../src/crypto/ids.js';

const [SECRET, OLDER] = ['a'.repeat(32), 'b'.repeat(32)];
const keys = new JwtKeys({ jwtSecrets: [SECRET, OLDER] } as unknown as Secrets);
const olderId = new JwtKeys({ jwtSecrets: [OLDER] } as unknown as Secrets).currentId;
const HEADER = { alg: 'HS256', typ: 'at+jwt', kid: keys.currentId };
const now = Math.floor(Date.now() / 1000);
const CLAIMS: TokenClaims = {
  iss: 'conclave',
  aud: 'conclave',
  sub: newId(),
  sid: newId(),
  jti: newId(),
  iat: now,
  exp: now + 60,
};
const USER = { id: CLAIMS.sub, sessionId: CLAIMS.sid };

function sign(header: object, claims: object, secret = SECRET, hash = 'sha256'): string {
  const input = [header, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${input}.${createHmac(hash, secret).update(input).digest('base64url')}`;
}

function requestWith(token: string): FastifyRequest {
  const authorization = `Bearer ${token}`;
  const raw = { rawHeaders: ['Authorization', authorization] };
  return { headers: { authorization }, raw } as unknown as FastifyRequest;
}

const requireLive = vi.fn<Whitelist['requireLive']>();
let tokens: AccessTokens;
let strategy: JwtStrategy;

beforeEach(() => {
  requireLive.mockReset().mockResolvedValue(USER);
  const rules = new TokenRules(keys);
  const service = new TokenService(new JwtService({}), keys, rules);
  tokens = new AccessTokens(service, { requireLive } as unknown as Whitelist);
  strategy = new JwtStrategy(rules);
});

/** What Passport finds: null where it refuses. @throws what it fails by */
function passport(token: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const asked = Object.assign(Object.create(strategy as object) as JwtStrategy, {
      success: resolve,
      fail: () => resolve(null),
      error: reject,
    });
    asked.authenticate(requestWith(token) as never);
  });
}

const find = (token: string): TokenClaims | null => tokens.findClaims(requestWith(token));

describe('Passport, the edge and sockets', () => {
  it.each([
    ['the first key', () => sign(HEADER, CLAIMS)],
    ['an older key', () => sign({ ...HEADER, kid: olderId }, CLAIMS, OLDER)],
  ])('take a token signed by %s', async (_by, make) => {
    expect(find(make())).toEqual(CLAIMS);
    expect(tokens.requireClaimsOf(make())).toEqual(CLAIMS);
    expect(await passport(make())).toEqual(CLAIMS);
  });

  it.each<[string, () => string]>([
    ['another algorithm', () => sign({ ...HEADER, alg: 'HS512' }, CLAIMS, SECRET, 'sha512')],
    ['another key', () => sign(HEADER, CLAIMS, OLDER)],
    ['no kid', () => sign({ ...HEADER, kid: undefined }, CLAIMS)],
    ['the typ of a refresh token', () => sign({ ...HEADER, typ: 'rt+jwt' }, CLAIMS)],
    ['the typ of any JWT', () => sign({ ...HEADER, typ: 'JWT' }, CLAIMS)],
    ['another issuer', () => sign(HEADER, { ...CLAIMS, iss: 'other' })],
    ['another audience', () => sign(HEADER, { ...CLAIMS, aud: 'other' })],
    ['an end in the past', () => sign(HEADER, { ...CLAIMS, exp: now - 1 })],
    ['no end', () => sign(HEADER, { ...CLAIMS, exp: undefined })],
    ['a jti that is no id', () => sign(HEADER, { ...CLAIMS, jti: 'x' })],
    ['a sub that is no id', () => sign(HEADER, { ...CLAIMS, sub: 'x' })],
    ['a sid that is no id', () => sign(HEADER, { ...CLAIMS, sid: 'x' })],
    ['garbage', () => 'garbage'],
  ])('refuse one with %s', async (_what, make) => {
    expect(find(make())).toBeNull();
    expect(() => tokens.requireClaimsOf(make())).toThrow(DeadTokenError);
    const answer = await passport(make()).catch((error: unknown) => error);
    expect(answer === null || answer instanceof DeadTokenError).toBe(true);
  });
});

describe('the header of a request', () => {
  const token = sign(HEADER, CLAIMS);
  const given = (...values: string[]): FastifyRequest => {
    const rawHeaders = values.flatMap((value) => ['authorization', value]);
    return { headers: { authorization: values[0] }, raw: { rawHeaders } } as never;
  };

  it.each([`Bearer ${token}`, `bearer  ${token}`])('is read as %s', (value) => {
    expect(tokens.findClaims(given(value))).toEqual(CLAIMS);
  });

  it.each([
    ['twice, of which node tells the first', [`Bearer ${token}`, 'Bearer another']],
    ['twice the same', [`Bearer ${token}`, `Bearer ${token}`]],
    ['of another scheme', [`Basic ${token}`]],
    ['with more behind it', [`Bearer ${token} more`]],
  ])('is not read where it stands %s', (_how, values) => {
    expect(tokens.findClaims(given(...values))).toBeNull();
    expect(() => tokens.requireClaims(given(...values))).toThrow(DeadTokenError);
  });
});

describe('a token that Passport has verified', () => {
  const token = sign(HEADER, CLAIMS);

  it('is remembered for as long as it lives', () => {
    expect(tokens.findVerified(token)).toBeNull();
    tokens.remember(token, CLAIMS);
    expect(tokens.findVerified(token)).toEqual(CLAIMS);
    expect(find(token)).toEqual(CLAIMS);
    vi.useFakeTimers({ now: CLAIMS.exp * 1000 });
    expect(tokens.findVerified(token)).toBeNull();
    expect(find(token)).toBeNull();
    vi.useRealTimers();
  });

  it('lets nobody in whom the whitelist does not know', async () => {
    tokens.remember(token, CLAIMS);
    expect(await tokens.admit(CLAIMS)).toEqual(USER);
    requireLive.mockRejectedValueOnce(new DeadTokenError());
    await expect(tokens.admit(CLAIMS)).rejects.toThrow(DeadTokenError);
  });
});

import { createHmac, randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/crypto/ids.js';
import { Secrets } from '../../src/config/secrets.js';
import type { Answer } from '../support/client.js';
import { EXCHANGE_SECRET } from '../support/exchange-token.js';
import { TestApp, type TestUser } from '../support/test-app.js';
import { masterKeyTexts } from '../support/master-key-text.js';

type Json = Record<string, unknown>;

let app: TestApp;
let user: TestUser;
let other: TestUser;
let secret: string;
/** The parts of the user's own access token. */
let header: Json;
let claims: Json;
let refused: Answer;

beforeAll(async () => {
  app = await TestApp.start({ EXCHANGE_SECRET });
  user = await app.givenUser();
  other = await app.givenUser();
  [secret] = app.nest.get(Secrets).jwtSecrets;
  [header, claims] = partsOf(user.accessToken);
  refused = await app.anonymous.get('/userauth/me');
});
afterAll(() => app.stop());

function partsOf(token: string): Json[] {
  const parts = token.split('.').slice(0, 2);
  return parts.map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Json);
}

function encode(part: unknown): string {
  return Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');
}

function mac(input: string, key: string | Buffer = secret, hash = 'sha256'): string {
  return createHmac(hash, key).update(input).digest('base64url');
}

/** A token with other parts and the signature of whoever holds the key: ours unless given. */
function sign(parts: { header?: unknown; claims?: unknown }, ...by: [(string | Buffer)?, string?]) {
  const input = `${encode(parts.header ?? header)}.${encode(parts.claims ?? claims)}`;
  return `${input}.${mac(input, ...by)}`;
}

const withHeader = (change: Json) => (): string => sign({ header: { ...header, ...change } });
const withClaims = (change: Json) => (): string => sign({ claims: { ...claims, ...change } });
/** Header, claims and signature of the user's own token, put together otherwise. */
const recut = (cut: (...parts: string[]) => string) => (): string =>
  cut(...user.accessToken.split('.'));

function ask(headers: Record<string, string>, path = '/userauth/me'): Promise<Answer> {
  return app.anonymous.request('GET', path, undefined, headers);
}

function expectRefused(answer: Answer, what: string): void {
  expect(answer.status, what).toBe(401);
  expect(answer.headers.get('www-authenticate'), what).toBe('Bearer realm="conclave"');
  expect({ ...answer.body, request_id: '' }, what).toEqual({ ...refused.body, request_id: '' });
}

function later(seconds: number): number {
  return Math.floor(Date.now() / 1000) + seconds;
}

const none = ['none', 'None', 'NONE', 'nOnE'];
const longAgo = '019ab3c1-6f3e-7c52-b1d6-3f2f8d1c9a10';

const FORGED: Record<string, Record<string, () => string>> = {
  'the algorithm': {
    ...Object.fromEntries(
      none.flatMap((alg) => [
        [`${alg}, unsigned`, () => `${encode({ ...header, alg })}.${encode(claims)}.`],
        [`${alg}, with a signature`, withHeader({ alg })],
        [`${alg}, with the old signature`, recut((_h, c, s) => [encode({ alg }), c, s].join('.'))],
      ]),
    ),
    HS384: () => sign({ header: { ...header, alg: 'HS384' } }, secret, 'sha384'),
    HS512: () => sign({ header: { ...header, alg: 'HS512' } }, secret, 'sha512'),
    'HS512 but labelled HS256': () => sign({}, secret, 'sha512'),
    'RS256 by label': withHeader({ alg: 'RS256' }),
    'ES256 by label': withHeader({ alg: 'ES256' }),
    'hs256 in small letters': withHeader({ alg: 'hs256' }),
    'not there': withHeader({ alg: undefined }),
    'an object': withHeader({ alg: { HS256: true } }),
    'a list': withHeader({ alg: ['HS256'] }),
  },
  'the key': {
    'a random one': () => sign({}, randomBytes(48).toString('base64url')),
    empty: () => sign({}, ''),
    'the bytes that the secret writes': () => sign({}, Buffer.from(secret, 'base64url')),
    'the kid': () => sign({}, header.kid as string),
    'the master key': () => sign({}, masterKeyTexts(app.nest.get(Secrets))[0]),
    'one that the token brings': () =>
      sign({ header: { ...header, jwk: { kty: 'oct', k: encode('mine') } } }, 'mine'),
    'one from an address': () =>
      sign({ header: { ...header, jku: 'http://127.0.0.1:1', x5u: 'http://127.0.0.1:1' } }, 'mine'),
  },
  'the kid': {
    'not there': withHeader({ kid: undefined }),
    unknown: withHeader({ kid: '0123456789abcdef' }),
    empty: withHeader({ kid: '' }),
    'a path': withHeader({ kid: '../../dev/null' }),
    'SQL text': withHeader({ kid: "x' OR '1'='1" }),
    'a name of Object': withHeader({ kid: '__proto__' }),
    'an object': withHeader({ kid: { toString: 'x' } }),
    'a list': () => sign({ header: { ...header, kid: [header.kid] } }),
    'in capitals': () =>
      sign({ header: { ...header, kid: `${header.kid as string}A`.toUpperCase() } }),
    'very long': withHeader({ kid: 'x'.repeat(8000) }),
  },
  'the typ': {
    'not there': withHeader({ typ: undefined }),
    JWT: withHeader({ typ: 'JWT' }),
    'rt+jwt': withHeader({ typ: 'rt+jwt' }),
    'rt+jwt: a real refresh token': () => user.refreshToken,
    'at+jwt, but the row of a refresh token': () => sign({ claims: partsOf(user.refreshToken)[1] }),
    'a list': withHeader({ typ: ['at+jwt'] }),
  },
  'the header': {
    'with a key twice, the last one counting': () =>
      sign({ header: JSON.stringify(header).replace('}', ',"typ":"rt+jwt"}') }),
    'with a key twice, not signed again': recut((_h, c, s) =>
      [encode(JSON.stringify(header).replace('{', '{"alg":"none",')), c, s].join('.'),
    ),
    'no JSON': () => sign({ header: '{' }),
    null: () => sign({ header: 'null' }),
    'a list': () => sign({ header: [header] }),
  },
  'the claims': {
    'another aud': withClaims({ aud: 'another' }),
    'a list of other auds': withClaims({ aud: ['another', 'conclave2'] }),
    'another iss': withClaims({ iss: 'https://another.example' }),
    'a list of isses': withClaims({ iss: ['conclave'] }),
    ...Object.fromEntries(
      ['aud', 'iss', 'exp', 'sub', 'jti', 'sid'].flatMap((name) => [
        [`no ${name}`, withClaims({ [name]: undefined })],
        [`null as ${name}`, withClaims({ [name]: null })],
        [`an object as ${name}`, withClaims({ [name]: { $gt: '' } })],
        [`an empty ${name}`, withClaims({ [name]: '' })],
      ]),
    ),
    'a number as jti': withClaims({ jti: 1 }),
    'SQL text as jti': withClaims({ jti: "x' OR '1'='1" }),
    'a list as jti': () => sign({ claims: { ...claims, jti: [claims.jti] } }),
    expired: withClaims({ exp: later(-1) }),
    'text as exp': withClaims({ exp: String(later(60)) }),
    'not yet valid': withClaims({ nbf: later(60) }),
    'text as nbf': withClaims({ nbf: '0' }),
    null: () => sign({ claims: 'null' }),
    'a list': () => sign({ claims: [claims] }),
    text: () => sign({ claims: 'claims' }),
  },
  'the whitelist': {
    'no row': withClaims({ jti: longAgo }),
    'the row of another user': () => sign({ claims: { ...claims, jti: jtiOf(other) } }),
    'the row and the session of another user': () =>
      sign({ claims: { ...partsOf(other.accessToken)[1], sub: user.id } }),
    'another user': () => sign({ claims: { ...claims, sub: other.id } }),
    'another session': withClaims({ sid: newId() }),
  },
  // As in Wycheproof's json_web_signature_test.json.
  'the three parts': {
    'no signature': recut((h, c) => `${h}.${c}.`),
    'no signature, no dot': recut((h, c) => `${h}.${c}`),
    'no claims': recut((h, _c, s) => `${h}..${s}`),
    'no claims, no dot': recut((h, _c, s) => `${h}.${s}`),
    'no header': recut((_h, c, s) => `.${c}.${s}`),
    'only the claims': recut((_h, c) => c),
    'only dots': () => '..',
    'a fourth part': () => `${user.accessToken}.${encode('x')}`,
    'an empty fourth part': () => `${user.accessToken}.`,
    'other claims': recut((h, _c, s) => `${h}.${encode({ ...claims, sub: other.id })}.${s}`),
    "another token's signature": recut((h, c) => `${h}.${c}.${other.accessToken.split('.')[2]}`),
    padded: () => `${user.accessToken}=`,
    'in base64 with +': recut((h, c, s) => `${h}.${c}.${s.slice(0, -1)}+`),
    'a blank in the signature': recut((h, c, s) => `${h}.${c}.${s.slice(0, 9)} ${s.slice(9)}`),
    'as JSON': recut((h, payload, signature) =>
      JSON.stringify({ payload, signatures: [{ protected: h, signature }] }),
    ),
    garbage: () => 'garbage',
  },
};

function jtiOf({ accessToken }: TestUser): unknown {
  return partsOf(accessToken)[1].jti;
}

describe('a token is refused for', () => {
  describe.each(Object.entries(FORGED))('%s', (_group, forged) => {
    it.each(Object.entries(forged))('%s', async (name, make) => {
      expectRefused(await ask({ authorization: `Bearer ${make()}` }), name);
    });
  });

  it('any letter changed, added or left out', async () => {
    const token = user.accessToken;
    for (let at = 0; at < token.length; at++) {
      const letter = token[at] === 'A' ? 'B' : 'A';
      const changed = [letter + token.slice(at + 1), letter + token.slice(at), token.slice(at + 1)];
      for (const rest of at % 5 === 0 || at > token.length - 9 ? changed : [changed[0]]) {
        const answer = await ask({ authorization: `Bearer ${token.slice(0, at)}${rest}` });
        expectRefused(answer, `${at}: ${rest}`);
      }
    }
  });
});

describe('a token does not count', () => {
  const schemes = ['', 'Bearer', 'Basic TOKEN', 'Basic dTpw', 'JWT TOKEN', 'Token TOKEN', 'TOKEN'];
  it.each([...schemes, 'Bearer TOKEN TOKEN', 'Bearer TOKEN, Bearer TOKEN', 'Bearer "TOKEN"'])(
    'as Authorization: %s',
    async (form) => {
      const authorization = form.replaceAll('TOKEN', user.accessToken);
      expectRefused(await ask({ authorization }), form);
    },
  );

  it('in the query, a cookie or another header', async () => {
    const token = user.accessToken;
    for (const name of ['token', 'access_token', 'auth_token', 'authorization']) {
      expectRefused(await ask({}, `/userauth/me?${name}=${token}`), name);
      expectRefused(await ask({ cookie: `${name}=${token}` }), name);
      expectRefused(await ask({ [`x-${name}`]: token }), name);
    }
  });

  it('in one of two Authorization headers', async () => {
    const own = `Bearer ${user.accessToken}`;
    for (const pair of [
      [own, 'Bearer x'],
      ['Bearer x', own],
      [own, 'Basic dTpw'],
      [own, own],
    ]) {
      const headers = ['Host', 'localhost', ...pair.flatMap((value) => ['Authorization', value])];
      const status = await new Promise((resolve, reject) => {
        const call = request(`${app.url}/userauth/me`, { headers }, (answer) => {
          answer.resume().on('end', () => resolve(answer.statusCode));
        });
        call.on('error', reject).end();
      });
      expect(status, pair.join()).toBe(401);
    }
  });
});

describe('the untouched token', () => {
  it('counts, also signed again by hand', async () => {
    expect(sign({})).toBe(user.accessToken);
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
      const answer = await ask({ authorization: `${scheme} ${user.accessToken}` });
      expect([answer.status, answer.body.id]).toEqual([200, user.id]);
    }
  });

  it('opens every route but the public ones, which need none', async () => {
    const open =
      /^\/(userauth\/(userSignup|userLogin|exchange|refresh)|health\/.*|metrics|server)\/?$/;
    const { body } = await app.anonymous.get('/openapi.json');
    for (const [path, methods] of Object.entries<object>(body.paths)) {
      for (const method of Object.keys(methods)) {
        const url = path.replaceAll(/\{\w+\}/g, longAgo);
        const { status } = await app.anonymous.request(method.toUpperCase(), url);
        expect(status === 401, `${method} ${path}: ${status}`).toBe(!open.test(path));
      }
    }
  });
});

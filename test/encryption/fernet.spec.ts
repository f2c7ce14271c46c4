import { createCipheriv, createHmac, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import fernet from 'fernet';
import { describe, expect, it } from 'vitest';
import {
  fernetOpen,
  fernetSeal,
  InvalidFernetKeyError,
  InvalidFernetTokenError,
  parseFernetKey,
} from '../../src/crypto/fernet.js';

type Vector = Record<'token' | 'now' | 'secret', string> &
  Partial<{ desc: string; src: string; iv: number[]; ttl_sec: number }>;

const vectors = new URL('../../../shared/vectors/fernet/', import.meta.url);
const haveVectors = existsSync(vectors);

function readVectors(name: string): Vector[] {
  return JSON.parse(readFileSync(new URL(name, vectors), 'utf8')) as Vector[];
}

function openVector({ secret, token, ttl_sec, now }: Vector): string {
  const options = { ttlSeconds: ttl_sec, nowSeconds: Date.parse(now) / 1000 };
  return fernetOpen(parseFernetKey(secret), token, options).toString();
}

function base64Url(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}

function rawOf(token: string): Buffer {
  return Buffer.from(token, 'base64url');
}

/** Adds the MAC that belongs to these bytes, whatever they are. */
function signed(...parts: Buffer[]): string {
  const bytes = Buffer.concat(parts);
  const mac = createHmac('sha256', key.subarray(0, 16)).update(bytes).digest();
  return base64Url(Buffer.concat([bytes, mac]));
}

function expectRefused(token: string, withKey = key): void {
  const open = (): Buffer => fernetOpen(withKey, token);
  expect(open, JSON.stringify(token)).toThrow(new InvalidFernetTokenError());
}

function forAll<T>(values: fc.Arbitrary<T>, check: (value: T) => void): void {
  fc.assert(fc.property(values, check));
}

const key = randomBytes(32);
const keys = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes));
const plaintexts = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
const texts = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.constantFrom('', '\0', '😀👩‍👩‍👧‍👦𝕏', 'e\u0301', '\ufeff', 'x'.repeat(16)),
);

const missing = haveVectors ? '' : ', skipped: no ../shared/vectors';
describe.skipIf(!haveVectors)(`the vectors of the Fernet specification${missing}`, () => {
  it('generates exactly the token of generate.json', () => {
    const [{ secret, src = '', now, iv = [], token }] = readVectors('generate.json');
    const options = { nowSeconds: Date.parse(now) / 1000, iv: Buffer.from(iv) };
    expect(fernetSeal(parseFernetKey(secret), src, options)).toBe(token);
  });

  it('opens the token of verify.json', () => {
    expect(readVectors('verify.json').map(openVector)).toEqual(['hello']);
  });

  it('refuses the 8 tokens of invalid.json', () => {
    expect.assertions(8);
    for (const vector of readVectors('invalid.json')) {
      expect(() => openVector(vector), vector.desc).toThrow(InvalidFernetTokenError);
    }
  });
});

describe('the npm package fernet', () => {
  function theirSeal(keyBytes: Buffer, message: string): string {
    const secret = new fernet.Secret(base64Url(keyBytes));
    // An empty message given to encode() would be taken for none.
    return new fernet.Token({ secret, message }).encode();
  }

  function theirOpen(keyBytes: Buffer, token: string): string {
    const secret = new fernet.Secret(base64Url(keyBytes));
    return new fernet.Token({ secret, token, ttl: 0 }).decode();
  }

  it('opens what ours seals', () => {
    forAll(fc.tuple(keys, texts, fc.nat()), ([anyKey, text, nowSeconds]) => {
      expect(theirOpen(anyKey, fernetSeal(anyKey, text, { nowSeconds }))).toBe(text);
    });
  });

  it('seals what ours opens', () => {
    forAll(fc.tuple(keys, texts), ([anyKey, text]) => {
      const opened = fernetOpen(anyKey, theirSeal(anyKey, text), { ttlSeconds: 60 });
      expect(opened.toString()).toBe(text);
    });
  });

  it('agrees on long texts', () => {
    const text = 'Zażółć 😀 '.repeat(3000);
    expect(theirOpen(key, fernetSeal(key, text))).toBe(text);
    expect(fernetOpen(key, theirSeal(key, text)).toString()).toBe(text);
  });
});

describe('fernetSeal', () => {
  it('gives a token that opens to the same bytes; of a string, its UTF-8', () => {
    forAll(fc.tuple(keys, fc.oneof(plaintexts, texts)), ([anyKey, plaintext]) => {
      const opened = fernetOpen(anyKey, fernetSeal(anyKey, plaintext), { ttlSeconds: 60 });
      expect(opened.equals(Buffer.from(plaintext as string))).toBe(true);
    });
  });

  it('pads the base64url and lays out version, time and IV as specified', () => {
    const iv = randomBytes(16);
    for (let length = 0; length < 64; length++) {
      const nowSeconds = 2 ** 32 + length;
      const token = fernetSeal(key, Buffer.alloc(length), { nowSeconds, iv });
      const raw = rawOf(token);
      expect(token).toBe(base64Url(raw));
      expect(raw).toHaveLength(73 + 16 * Math.floor(length / 16));
      expect(raw[0]).toBe(0x80);
      expect(raw.readBigUInt64BE(1)).toBe(BigInt(nowSeconds));
      expect(raw.subarray(9, 25).equals(iv)).toBe(true);
    }
  });

  it('never uses an IV twice', () => {
    const ivs = new Set<string>();
    for (let i = 0; i < 2000; i++) ivs.add(rawOf(fernetSeal(key, '')).toString('hex', 9, 25));
    expect(ivs.size).toBe(2000);
  });

  it('refuses a key, IV or time that is none', () => {
    for (const length of [0, 16, 31, 33, 64]) {
      expect(() => fernetSeal(Buffer.alloc(length), '')).toThrow(InvalidFernetKeyError);
      expect(() => fernetOpen(Buffer.alloc(length), '')).toThrow(InvalidFernetKeyError);
    }
    for (const length of [0, 15, 17]) {
      expect(() => fernetSeal(key, '', { iv: Buffer.alloc(length) })).toThrow(TypeError);
    }
    for (const nowSeconds of [-1, 0.5, NaN, Infinity]) {
      expect(() => fernetSeal(key, '', { nowSeconds })).toThrow(RangeError);
    }
  });
});

describe('fernetOpen', () => {
  // One token of each padding: '==', '=' and none.
  const tokens = ['', 'x'.repeat(16), 'x'.repeat(32)].map((text) => {
    const token = fernetSeal(key, text);
    const bare = token.replace(/=+$/, '');
    return { token, bare, padding: token.slice(bare.length), raw: rawOf(token) };
  });

  it.each(tokens)('refuses every corruption of a token with the padding "$padding"', (sample) => {
    const { token, bare, padding, raw } = sample;
    for (let bit = 0; bit < raw.length * 8; bit++) {
      const flipped = Buffer.from(raw);
      flipped[bit >> 3] ^= 1 << (bit & 7);
      expectRefused(base64Url(flipped));
    }
    for (let length = 0; length < raw.length; length++) {
      expectRefused(base64Url(raw.subarray(0, length)));
    }
    for (let length = 0; length < token.length; length++) {
      expectRefused(token.slice(0, length));
      expectRefused(token.slice(length + 1));
    }
    for (const added of [' ', '\n', '\r\n', '\t', '\0', '=', '==', '%', 'A', 'AAAA', 'é', '😀']) {
      for (let at = 0; at <= token.length; at++) {
        expectRefused(token.slice(0, at) + added + token.slice(at));
      }
    }
    for (const other of ['', '=', '==', '===', '====']) {
      if (other !== padding) expectRefused(bare + other);
    }
  });

  it('refuses trailing bits that are not canonical', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const otherForms = tokens.map(({ token, bare, padding, raw }) =>
      [...alphabet]
        .map((last) => bare.slice(0, -1) + last + padding)
        .filter((form) => form !== token && rawOf(form).equals(raw)),
    );
    expect(otherForms.map((forms) => forms.length)).toEqual([15, 3, 0]);
    for (const form of otherForms.flat()) expectRefused(form);
  });

  it('refuses the alphabet of standard base64', () => {
    for (const hex of ['fbefbe', 'ffffff']) {
      const token = fernetSeal(key, '', { iv: Buffer.alloc(16, Buffer.from(hex, 'hex')) });
      expect(token).toMatch(/-{16}|_{16}/);
      expectRefused(token.replaceAll('-', '+').replaceAll('_', '/'));
    }
  });

  it('refuses a token of another key, or of another half of the key', () => {
    forAll(fc.tuple(keys, plaintexts), ([otherKey, plaintext]) => {
      const token = fernetSeal(key, plaintext);
      expectRefused(token, otherKey);
      expectRefused(token, Buffer.concat([otherKey.subarray(0, 16), key.subarray(16)]));
    });
  });

  it('refuses any text that is not a token', () => {
    forAll(fc.string({ unit: 'binary' }), (text) => expectRefused(text));
    forAll(fc.base64String(), (text) => expectRefused(text));
    forAll(fc.array(fc.nat(0xffff)), (units) => expectRefused(String.fromCharCode(...units)));
    forAll(plaintexts, (bytes) => expectRefused(base64Url(Buffer.from([0x80, ...bytes]))));
  });

  it('refuses what is properly signed but of the wrong version or length', () => {
    const body = tokens[0].raw.subarray(0, -32);
    expect(fernetOpen(key, signed(body))).toHaveLength(0);
    for (let version = 0; version < 256; version++) {
      if (version !== 0x80) expectRefused(signed(Buffer.from([version]), body.subarray(1)));
    }
    for (let length = 0; length < body.length; length++) {
      expectRefused(signed(body.subarray(0, length)));
      expectRefused(signed(body, Buffer.alloc((length % 15) + 1)));
    }
  });

  it('refuses what is properly signed but wrongly padded inside', () => {
    const withPaddedBlock = (block: Buffer): string => {
      const cipher = createCipheriv('aes-128-cbc', key.subarray(16), Buffer.alloc(16));
      return signed(Buffer.from([0x80]), Buffer.alloc(24), cipher.update(block));
    };
    expect(fernetOpen(key, withPaddedBlock(Buffer.alloc(16, 16)))).toHaveLength(0);
    for (const fill of [0, 17, 255]) expectRefused(withPaddedBlock(Buffer.alloc(16, fill)));
    expectRefused(withPaddedBlock(Buffer.from([...Buffer.alloc(14), 1, 2])));
  });

  it('looks at the time only if a ttl is given', () => {
    const now = 1_700_000_000;
    const opening = (sealedAt: number, ttlSeconds?: number) => (): number => {
      const token = fernetSeal(key, 'x', { nowSeconds: sealedAt });
      return fernetOpen(key, token, { ttlSeconds, nowSeconds: now }).length;
    };
    for (const sealedAt of [0, now, now * 2]) expect(opening(sealedAt)()).toBe(1);
    for (const sealedAt of [now - 60, now, now + 60]) expect(opening(sealedAt, 60)()).toBe(1);
    for (const sealedAt of [0, now - 61, now + 61, Number.MAX_SAFE_INTEGER]) {
      expect(opening(sealedAt, 60)).toThrow(InvalidFernetTokenError);
    }
    expect(opening(now, 0)()).toBe(1);
    expect(opening(now - 1, 0)).toThrow(InvalidFernetTokenError);
    expect(opening(now, NaN)).toThrow(InvalidFernetTokenError);
  });
});

it('says of a token or key that does not fit nothing that it holds', () => {
  expect([new InvalidFernetTokenError(), new InvalidFernetKeyError()].map(String)).toEqual([
    'InvalidFernetTokenError: Invalid Fernet token',
    'InvalidFernetKeyError: Invalid Fernet key: expected 32 bytes, as 44 characters of padded base64url',
  ]);
});

describe('parseFernetKey', () => {
  function expectNoKey(text: string): void {
    // Equal to an error that never saw the text, so that it cannot repeat it.
    expect(() => parseFernetKey(text), JSON.stringify(text)).toThrow(new InvalidFernetKeyError());
  }

  it('reads the canonical form of any 32 bytes, and no other form', () => {
    forAll(keys, (anyKey) => {
      const text = base64Url(anyKey);
      expect(parseFernetKey(text).equals(anyKey)).toBe(true);
      const bare = text.slice(0, -1);
      const nextLetter = String.fromCharCode(bare.charCodeAt(42) + 1);
      expectNoKey(`${bare.slice(0, -1)}${nextLetter}=`);
      for (const end of ['', ' ', '\n', 'A', '==', '=\n', '= ']) expectNoKey(bare + end);
      for (const start of [' ', '\n', 'A', '=']) expectNoKey(start + text);
    });
  });

  it('refuses the alphabet of standard base64, other lengths and any other text', () => {
    expectNoKey(Buffer.alloc(32, Buffer.from('ffffff', 'hex')).toString('base64'));
    expectNoKey(Buffer.alloc(32, Buffer.from('fbefbe', 'hex')).toString('base64'));
    for (let length = 0; length < 70; length++) {
      if (length !== 32) expectNoKey(base64Url(randomBytes(length)));
    }
    forAll(fc.string({ unit: 'binary', maxLength: 60 }), expectNoKey);
  });
});

import { createHmac, randomBytes } from 'node:crypto';
import { isUtf8 } from 'node:buffer';
import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newId } from '../../src/crypto/ids.js';
import { deriveKey } from '../../src/crypto/derive-key.js';
import { KeyMissingError } from '../../src/encryption/encryption.errors.js';
import { fernetOpen, fernetSeal } from '../../src/crypto/fernet.js';
import { MasterKeys } from '../../src/encryption/master-keys.js';

interface HkdfVector {
  tcId: number;
  result: 'valid' | 'invalid';
  ikm: string;
  salt: string;
  info: string;
  size: number;
  okm: string;
}

const vectors = new URL(
  '../../../shared/vectors/wycheproof/hkdf_sha256_test.json',
  import.meta.url,
);
const haveVectors = existsSync(vectors);
const missing = haveVectors ? '' : ', skipped: no ../shared/vectors';

/** RFC 5869 written out, with its empty salt. */
function hkdf(input: Buffer, info: string, lengthBytes: number): Buffer {
  const key = createHmac('sha256', Buffer.alloc(32)).update(input).digest();
  const blocks = [Buffer.alloc(0)];
  for (let count = 1; Buffer.concat(blocks).length < lengthBytes; count++) {
    const block = createHmac('sha256', key)
      .update(blocks[count - 1])
      .update(info);
    blocks.push(block.update(Buffer.from([count])).digest());
  }
  return Buffer.concat(blocks).subarray(0, lengthBytes);
}

function fernetKey(bytes: Buffer): string {
  return `${bytes.toString('base64url')}=`;
}

function masterKeys(...keys: Buffer[]): MasterKeys {
  return MasterKeys.of(...keys.map(fernetKey));
}

describe.skipIf(!haveVectors)(`the vectors of Wycheproof for HKDF-SHA256${missing}`, () => {
  it('agrees with the 10 of 86 whose salt is empty and whose info is text', () => {
    const { testGroups } = JSON.parse(readFileSync(vectors, 'utf8')) as {
      testGroups: { tests: HkdfVector[] }[];
    };
    const all = testGroups.flatMap((group) => group.tests);
    const fitting = all.filter(
      ({ salt, info, result }) =>
        salt === '' && isUtf8(Buffer.from(info, 'hex')) && result === 'valid',
    );
    for (const { tcId, ikm, info, size, okm } of fitting) {
      const key = deriveKey(Buffer.from(ikm, 'hex'), Buffer.from(info, 'hex').toString(), size);
      expect(key.toString('hex'), `${tcId}`).toBe(okm);
    }
    expect([all.length, fitting.length]).toEqual([86, 10]);
  });
});

describe('deriveKey', () => {
  const input = Buffer.alloc(64, 'in');

  it('is RFC 5869 with an empty salt, whatever the input, info and length', () => {
    const inputs = fc.uint8Array({ minLength: 16, maxLength: 200 });
    const infos = fc.string({ unit: 'binary', maxLength: 100 });
    fc.assert(
      fc.property(inputs, infos, fc.integer({ min: 1, max: 200 }), (bytes, info, length) => {
        const key = deriveKey(Buffer.from(bytes), info, length);
        expect(key.equals(hkdf(Buffer.from(bytes), info, length))).toBe(true);
      }),
    );
  });

  it('gives 32 bytes unless told, and no more than RFC 5869 allows', () => {
    expect(deriveKey(input, 'a')).toHaveLength(32);
    expect(deriveKey(input, 'a', 8160)).toHaveLength(8160);
    expect(() => deriveKey(input, 'a', 8161)).toThrow(RangeError);
  });

  it('binds the key to its info', () => {
    const id = '019ab3c1-6f3e-7c52-b1d6-3f2f8d1c9a10';
    const infos = [
      `conclave/message/v1/${id}`,
      `conclave/message/v1/${id.toUpperCase()}`,
      `conclave/message/v1/${id.replaceAll('-', '')}`,
      `conclave/message/v2/${id}`,
      `conclave/message/v1/${id.slice(0, -1)}1`,
      `conclave/message/v1/${id} `,
      id,
      '',
      'conclave/search/v1',
      'conclave/key-id/v1',
      'conclave/jwt-kid/v1',
    ];
    expect(new Set(infos.map((info) => deriveKey(input, info).toString('hex'))).size).toBe(11);
  });

  it('binds the key to every bit of its input', () => {
    const key = deriveKey(input, 'a').toString('hex');
    for (let bit = 0; bit < input.length * 8; bit++) {
      const flipped = Buffer.from(input);
      flipped[bit >> 3] ^= 1 << (bit & 7);
      expect(deriveKey(flipped, 'a').toString('hex')).not.toBe(key);
    }
  });
});

describe('the id of a master key', () => {
  it('is the first 8 bytes of its HKDF under conclave/key-id/v1, in hex', () => {
    const bytes = randomBytes(32);
    const id = hkdf(bytes, 'conclave/key-id/v1', 8).toString('hex');
    expect(id).toMatch(/^[0-9a-f]{16}$/);
    expect(masterKeys(bytes).currentId).toBe(id);
    expect(masterKeys(bytes).has(id)).toBe(true);
    expect(masterKeys(randomBytes(32)).has(id)).toBe(false);
  });

  it('never changes from one release to the next', () => {
    const bytes = Buffer.from(Array.from({ length: 32 }, (_, index) => index));
    // Computed with the HKDF of Python's `cryptography`.
    expect(masterKeys(bytes).currentId).toBe('250fcf8a419f0350');
  });

  it('is that of the first key where there are several', () => {
    const [first, second] = [randomBytes(32), randomBytes(32)];
    const both = masterKeys(first, second);
    expect(both.currentId).toBe(masterKeys(first).currentId);
    expect(both.has(masterKeys(second).currentId)).toBe(true);
  });
});

describe('wrapping the key of a room or user', () => {
  const [oldKey, newKey] = [randomBytes(32), randomBytes(32)];
  const master = masterKeys(newKey);
  const owner = newId();
  const key = randomBytes(32);

  it('gives it back to its owner', () => {
    const wrapped = master.wrap(owner, key);
    expect(master.unwrap(owner, wrapped).equals(key)).toBe(true);
    expect(wrapped.keyId).toBe(master.currentId);
  });

  it("seals the owner's 16 bytes and the key with Fernet, each time another token", () => {
    const { token } = master.wrap(owner, key);
    const sealed = Buffer.concat([Buffer.from(owner.replaceAll('-', ''), 'hex'), key]);
    expect(fernetOpen(newKey, token).equals(sealed)).toBe(true);
    expect(master.wrap(owner, key).token).not.toBe(token);
    expect(token).not.toContain(key.toString('base64url'));
  });

  it('opens under every master key of the list and seals under the first', () => {
    const wrapped = masterKeys(oldKey).wrap(owner, key);
    const rotated = masterKeys(newKey, oldKey);
    expect(rotated.unwrap(owner, wrapped).equals(key)).toBe(true);
    expect(rotated.wrap(owner, key).keyId).toBe(master.currentId);
  });

  it('does not give it to another owner', () => {
    const wrapped = master.wrap(owner, key);
    const digit = owner.endsWith('0') ? '1' : '0';
    for (const other of [newId(), owner.slice(0, -1) + digit, owner.slice(0, -2), '']) {
      expect(() => master.unwrap(other, wrapped)).toThrow(KeyMissingError);
    }
  });

  it('does not open under another master key, nor under the right one with another id', () => {
    const wrapped = masterKeys(oldKey).wrap(owner, key);
    expect(() => master.unwrap(owner, wrapped)).toThrow(KeyMissingError);
    const both = masterKeys(newKey, oldKey);
    for (const keyId of [both.currentId, '', '0'.repeat(16), '__proto__', 'constructor']) {
      expect(() => both.unwrap(owner, { ...wrapped, keyId })).toThrow(KeyMissingError);
    }
  });

  it('does not open once altered, cut, emptied or replaced', () => {
    const { keyId, token } = master.wrap(owner, key);
    const raw = Buffer.from(token, 'base64url');
    const altered = ['', 'x', 'gAAAA', token + token, token.slice(1), token.slice(0, -4)];
    for (let bit = 0; bit < raw.length * 8; bit++) {
      const flipped = Buffer.from(raw);
      flipped[bit >> 3] ^= 1 << (bit & 7);
      altered.push(flipped.toString('base64url') + token.slice(token.indexOf('=')));
    }
    altered.push(fernetSeal(newKey, ''), fernetSeal(newKey, key), fernetSeal(newKey, 'x'));
    for (const other of altered) {
      expect(() => master.unwrap(owner, { keyId, token: other })).toThrow(KeyMissingError);
    }
  });

  it('takes no other fault for a token that does not open', () => {
    const { keyId } = master.wrap(owner, key);
    expect(() => master.unwrap(owner, { keyId, token: null as never })).toThrow(TypeError);
  });

  it('says whose key is missing and nothing of any key', () => {
    const wrapped = master.wrap(newId(), key);
    expect(() => master.unwrap(owner, wrapped)).toThrow(`There is no usable key of ${owner}`);
  });
});

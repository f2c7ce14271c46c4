import { createHmac } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hmacSha256 } from '../../src/crypto/hmac.js';

interface HmacVector {
  tcId: number;
  key: string;
  msg: string;
  tag: string;
  result: 'valid' | 'invalid';
}

const vectors = new URL(
  '../../../shared/vectors/wycheproof/hmac_sha256_test.json',
  import.meta.url,
);
const haveVectors = existsSync(vectors);
const missing = haveVectors ? '' : ', skipped: no ../shared/vectors';

const buffers = (maxLength: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ maxLength }).map((bytes) => Buffer.from(bytes));

function expectSame(key: Buffer, data: Buffer): void {
  const expected = createHmac('sha256', key).update(data).digest('hex');
  expect(hmacSha256(key, data).toString('hex')).toBe(expected);
}

describe('hmacSha256', () => {
  it("agrees with OpenSSL's, whatever the key and the data, one after another", () => {
    fc.assert(fc.property(buffers(200), buffers(300), expectSame));
  });

  it('agrees where a key fills a block, and where data is no longer short', () => {
    for (const key of [0, 1, 63, 64, 65]) {
      for (const data of [0, 1, 55, 56, 63, 64, 4095, 4096, 4097, 20_000]) {
        expectSame(Buffer.alloc(key, 'k'), Buffer.alloc(data, 'd'));
      }
    }
  });
});

describe.skipIf(!haveVectors)(`the vectors of Wycheproof for HMAC-SHA256${missing}`, () => {
  it('are told right from wrong', () => {
    const { testGroups } = JSON.parse(readFileSync(vectors, 'utf8')) as {
      testGroups: { tests: HmacVector[] }[];
    };
    const all = testGroups.flatMap(({ tests }) => tests);
    expect(all.length).toBeGreaterThan(100);
    for (const { tcId, key, msg, tag, result } of all) {
      const code = hmacSha256(Buffer.from(key, 'hex'), Buffer.from(msg, 'hex')).toString('hex');
      expect(code.startsWith(tag), `${tcId}`).toBe(result === 'valid');
    }
  });
});

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gcmSeal } from '../../src/crypto/aes-gcm.js';
import { deriveKey } from '../../src/crypto/derive-key.js';
import { newId } from '../../src/crypto/ids.js';
import { secretKey } from '../../src/crypto/secret-key.js';
import { InvalidSealError } from '../../src/crypto/streaming-aead.js';
import { KeyMissingError } from '../../src/encryption/encryption.errors.js';
import { KeyList } from '../../src/encryption/key-list.js';
import type { OwnerKeys } from '../../src/encryption/owner-keys.js';
import { SegmentKeys } from '../../src/encryption/segment-keys.js';
import { FIRST_KEY } from '../../src/encryption/wrapped-key.entity.js';
import {
  associatedData,
  InvalidSegmentError,
  readSegment,
  type SealedPart,
  type SegmentPlace,
  writeSegment,
} from '../../src/search/segment-format.js';
import { inOnePiece, joinParts, SegmentPart, writePart } from '../../src/search/segment-part.js';
import { SegmentSealer } from '../../src/search/segment-sealer.js';

const PYTHON = '/usr/bin/python3';
const CHAT_KEY = Buffer.alloc(32, 7);
const AUTHOR_KEY = Buffer.alloc(32, 8);
const authorId = '0190a000-0000-7000-8000-000000000002';
const place: SegmentPlace = {
  chatId: '0190a000-0000-7000-8000-000000000001',
  firstSeq: 257,
  lastSeq: 512,
  keyAt: '0190a000-0000-7000-8000-000000000003',
};
const messages = [
  { seq: 257, words: 'hello world' },
  { seq: 300, words: 'strasse 京都 🦉' },
];

/** Keys of owners as `OwnerKeys` knows them; of others there is none. */
function sealerOf(keys: Record<string, Buffer>): SegmentSealer {
  const lists = new Map(
    Object.entries(keys).map(([id, key]) => {
      const first = { since: FIRST_KEY, key: secretKey(Buffer.from(key)) };
      return [id, new KeyList(id, [first])];
    }),
  );
  const of = (id: string): KeyList => {
    const list = lists.get(id);
    if (!list) throw new KeyMissingError(id);
    return list;
  };
  return new SegmentSealer(new SegmentKeys({ of } as unknown as OwnerKeys));
}

const sealer = sealerOf({ [place.chatId]: CHAT_KEY, [authorId]: AUTHOR_KEY });

function python(data: Buffer): [authorId: string, seq: number, words: string][] {
  const program = new URL('../support/segment.py', import.meta.url).pathname;
  const keys = [CHAT_KEY, AUTHOR_KEY].map((key) => key.toString('hex'));
  const where = [place.chatId, `${place.firstSeq}`, `${place.lastSeq}`, place.keyAt];
  const output = execFileSync(PYTHON, [program, ...keys, ...where], { input: data }).toString();
  return output
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as [string, number, string]);
}

async function seal(plain: Buffer): Promise<SealedPart> {
  return (await sealer.seal(place, authorId, plain))!;
}

describe('a segment', () => {
  it("opens with Python's cryptography, plain and deflated", async () => {
    const many = Array.from({ length: 256 }, (_, n) => ({
      seq: place.firstSeq + n,
      words: `message ${n} 東京都 ${randomBytes(4).toString('hex')}`,
    }));
    for (const some of [messages, many, many.slice(0, 1)]) {
      const part = await seal(writePart(place.firstSeq, some));
      expect(part.isDeflated).toBe(some.length === 256);
      const expected = some.map(({ seq, words }) => [authorId, seq, words]);
      expect(python(writeSegment([part]))).toEqual(expected);
    }
  });

  it('is, of one nonce, the vector of the documentation', () => {
    const key = secretKey(deriveKey(Buffer.concat([CHAT_KEY, AUTHOR_KEY]), 'conclave/search/v1'));
    const own = { authorId, isDeflated: false };
    const nonce = Buffer.from('000102030405060708090a0b', 'hex');
    const plain = writePart(place.firstSeq, messages);
    const data = writeSegment([
      { ...own, ...gcmSeal(key, plain, associatedData(place, own), nonce) },
    ]);
    const page = readFileSync('docs/encryption.md', 'utf8').replace(/\s+/g, '');
    expect(page).toContain(data.toString('hex'));
    expect(python(data)).toEqual(messages.map(({ seq, words }) => [authorId, seq, words]));
  });

  it('opens in its place alone', async () => {
    const part = await seal(writePart(place.firstSeq, messages));
    expect((await sealer.open(place, part))?.seqs()).toEqual([257, 300]);
    const others: [SegmentPlace, SealedPart][] = [
      [{ ...place, firstSeq: 256 }, part],
      [{ ...place, lastSeq: 511 }, part],
      [{ ...place, keyAt: newId() }, part],
      [place, { ...part, isDeflated: true }],
      [place, { ...part, tag: Buffer.alloc(16) }],
      [place, { ...part, ciphertext: part.ciphertext.subarray(1) }],
    ];
    for (const [where, other] of others) {
      expect(() => sealer.open(where, other)).toThrow(InvalidSealError);
    }
    const chatId = newId();
    const moved = sealerOf({ [chatId]: CHAT_KEY, [authorId]: AUTHOR_KEY });
    expect(() => moved.open({ ...place, chatId }, part)).toThrow(InvalidSealError);
  });

  it('is noise once the room or the author has no key', async () => {
    const part = await seal(writePart(place.firstSeq, messages));
    for (const id of [place.chatId, authorId]) {
      const left = { [place.chatId]: CHAT_KEY, [authorId]: AUTHOR_KEY };
      delete left[id];
      expect(await sealerOf(left).open(place, part)).toBeUndefined();
      expect(await sealerOf(left).seal(place, authorId, Buffer.alloc(9))).toBeUndefined();
    }
  });

  it('has each of its parts, and nothing that is cut or changed is taken for one', async () => {
    const part = await seal(writePart(place.firstSeq, messages));
    const other = { ...part, authorId: newId() };
    const data = writeSegment([part, other]);
    expect(readSegment(data)).toEqual([part, other]);
    expect(readSegment(writeSegment([]))).toEqual([]);
    const unknown = Buffer.from(data);
    unknown[0] = 2;
    const flagged = Buffer.from(data);
    flagged[17] = 2;
    const long = Buffer.from(data);
    long[18] = 255;
    for (const wrong of [Buffer.alloc(0), data.subarray(0, -1), unknown, flagged, long]) {
      expect(() => readSegment(wrong)).toThrow(InvalidSegmentError);
    }
  });
});

describe('a part', () => {
  const words = fc.array(fc.constantFrom('a', 'ab', 'b', 'ba', '京', '京都', '🦉'), {
    minLength: 1,
    maxLength: 6,
  });

  it('finds what its messages hold, however it was put together', () => {
    const holds = (texts: string[][], sought: string[], cut: number): void => {
      const all = texts.map((text, n) => ({ seq: 10 + 3 * n, words: text.join(' ') }));
      const parts = [all.slice(0, cut), all.slice(cut)].map(
        (some) => new SegmentPart(writePart(10, some), 10),
      );
      const joined = new SegmentPart(joinParts(4, parts), 4);
      const [needle, ...others] = sought;
      const expected = all.filter((one) => sought.every((each) => ` ${one.words} `.includes(each)));
      const found = joined.find(Buffer.from(needle), (line) =>
        others.every((each) => line.includes(each)),
      );
      expect(found).toEqual(expected.map(({ seq }) => seq));
      expect(joined.seqs()).toEqual(all.map(({ seq }) => seq));
    };
    const needles = fc.array(fc.constantFrom(' a ', ' ab', '京', ' a b ', '🦉', ' b '), {
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(fc.property(fc.array(words, { maxLength: 12 }), needles, fc.nat(12), holds));
  });

  it('shares one piece of memory with others, of just their length', () => {
    const own = ['hello', 'owl', 'strasse'].map((word, n) => {
      const words = `${word} `.repeat(1000).trimEnd();
      const bytes = Buffer.concat([writePart(1, [{ seq: n + 1, words }]), Buffer.alloc(900)]);
      return { authorId: newId(), part: new SegmentPart(bytes.subarray(0, -900), 1) };
    });
    const moved = inOnePiece(own);
    const length = own.reduce((sum, { part }) => sum + part.bytes.length, 0);
    expect(new Set(moved.map(({ part }) => part.bytes.buffer)).size).toBe(1);
    expect(moved[0].part.bytes.buffer.byteLength).toBe(length);
    for (const [n, { authorId, part }] of moved.entries()) {
      expect([authorId, part.seqs()]).toEqual([own[n].authorId, [n + 1]]);
      expect(part.bytes).toEqual(own[n].part.bytes);
    }
  });

  it('is refused where it is shorter than it says', () => {
    const bytes = writePart(1, [{ seq: 1, words: 'a' }]);
    bytes.writeUInt32BE(9);
    for (const wrong of [bytes, Buffer.alloc(3)]) {
      expect(() => new SegmentPart(wrong, 1)).toThrow(InvalidSegmentError);
    }
  });
});

import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  HEADER_BYTES,
  InvalidSealError,
  openRange,
  type Range,
  SEGMENT_BYTES,
  sealedSize,
  sealStream,
} from '../../src/crypto/streaming-aead.js';

const PYTHON = '/usr/bin/python3';
const key = { key: Buffer.alloc(32, 7), associatedData: 'conclave/file/v1/a/1/1' };
const PLAIN_BYTES = SEGMENT_BYTES - 16;
const FIRST_BYTES = PLAIN_BYTES - HEADER_BYTES;
/** Around each end of a segment, and of nothing. */
const SIZES = [0, 1, FIRST_BYTES - 1, FIRST_BYTES, FIRST_BYTES + 1, 200_000].concat(
  [-1, 0, 1].map((more) => FIRST_BYTES + 2 * PLAIN_BYTES + more),
);

/** In pieces as a socket gives them. */
async function* piecesOf(bytes: Buffer, size = 30_011): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) {
    await Promise.resolve();
    yield bytes.subarray(at, at + size);
  }
}

async function seal(plain: Buffer, with_ = key): Promise<Buffer> {
  return Buffer.concat(await Readable.from(sealStream(with_, piecesOf(plain))).toArray());
}

const reader =
  (sealed: Buffer, asked: Range[] = []) =>
  (...ranges: Range[]): AsyncIterable<Buffer> => {
    asked.push(...ranges);
    return piecesOf(Buffer.concat(ranges.map(({ start, end }) => sealed.subarray(start, end))));
  };

/** What came before it failed, if it did. */
async function open(
  sealed: Buffer,
  size: number,
  range: Range = { start: 0, end: size },
  with_ = key,
): Promise<{ bytes: Buffer; error?: unknown }> {
  const parts: Buffer[] = [];
  try {
    for await (const part of openRange(with_, size, range, reader(sealed))) parts.push(part);
    return { bytes: Buffer.concat(parts) };
  } catch (error) {
    return { bytes: Buffer.concat(parts), error };
  }
}

function python(how: 'seal' | 'open', input: Buffer, header = ''): Buffer {
  const program = new URL('../support/streaming-aead.py', import.meta.url).pathname;
  const words = [program, how, key.key.toString('hex'), key.associatedData, header];
  return execFileSync(PYTHON, words, { input, maxBuffer: 2 ** 26 });
}

describe('the streaming AEAD', () => {
  it.each(SIZES)(
    "seals %i bytes as Python's cryptography opens them, and the reverse",
    async (size) => {
      const plain = randomBytes(size);
      const sealed = await seal(plain);
      expect(sealed.length).toBe(sealedSize(size));
      expect(python('open', sealed).equals(plain)).toBe(true);
      const header = Buffer.concat([Buffer.from([40]), randomBytes(39)]).toString('hex');
      const theirs = python('seal', plain, header);
      expect(theirs.length).toBe(sealed.length);
      expect((await open(theirs, size)).bytes.equals(plain)).toBe(true);
    },
  );

  it('opens the vector that the documentation gives', async () => {
    const vector =
      '28000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223242526' +
      '2fb405e8b9c16a2504e27c4442f932dc139abf1d08a825ec5384e438';
    const header = vector.slice(0, 80);
    const plain = Buffer.from('Hello, file!');
    expect(python('seal', plain, header).toString('hex')).toBe(vector);
    expect((await open(Buffer.from(vector, 'hex'), plain.length)).bytes).toEqual(plain);
  });

  it('opens any range, and reads no segment beyond it', async () => {
    const plain = randomBytes(5 * SEGMENT_BYTES + 99);
    const sealed = await seal(plain);
    const place = fc.nat(plain.length);
    const holds = async (one: number, other: number): Promise<void> => {
      const range = { start: Math.min(one, other), end: Math.max(one, other) };
      const asked: Range[] = [];
      const parts = openRange(key, plain.length, range, reader(sealed, asked));
      const opened = Buffer.concat(await Readable.from(parts).toArray());
      expect(opened.equals(plain.subarray(range.start, range.end))).toBe(true);
      const bytes = asked.reduce((sum, { start, end }) => sum + end - start, 0);
      expect(bytes).toBeLessThanOrEqual(range.end - range.start + 2 * SEGMENT_BYTES + HEADER_BYTES);
    };
    await fc.assert(fc.asyncProperty(place, place, holds), {
      numRuns: Number(process.env.RANGES ?? 300),
    });
  });

  it('gives nothing of a segment in which a single bit is another one', async () => {
    const plain = randomBytes(3 * SEGMENT_BYTES);
    const sealed = await seal(plain);
    const places = [0, 1, 32, 33, 39, 40, SEGMENT_BYTES - 1, SEGMENT_BYTES, sealed.length - 1];
    for (const at of [...places, ...Array.from({ length: 40 }, () => randomAt(sealed))]) {
      const changed = Buffer.from(sealed);
      changed[at] ^= 1 << (at % 8);
      const { bytes, error } = await open(changed, plain.length);
      expect(error, `byte ${at}`).toBeInstanceOf(InvalidSealError);
      expect(bytes.equals(plain.subarray(0, bytes.length))).toBe(true);
      if (at < SEGMENT_BYTES) expect(bytes).toHaveLength(0);
    }
  });

  it('notices segments that are swapped, left out, cut off or put behind the end', async () => {
    const plain = randomBytes(3 * PLAIN_BYTES);
    const sealed = await seal(plain);
    const part = (n: number): Buffer => sealed.subarray(n * SEGMENT_BYTES, (n + 1) * SEGMENT_BYTES);
    const others = [
      [part(0), part(2), part(1), part(3)],
      [part(0), part(2), part(3)],
      [part(0), part(1), part(2)],
      [part(0), part(1)],
      [part(0), part(1), part(1), part(3)],
      [sealed.subarray(0, 40)],
      [],
    ];
    for (const parts of others) {
      const { error } = await open(Buffer.concat(parts), plain.length);
      expect(error).toBeInstanceOf(InvalidSealError);
    }
    // Cut at a segment, and said to be as long as that.
    const short = await open(sealed.subarray(0, SEGMENT_BYTES), FIRST_BYTES);
    expect(short).toMatchObject({ error: expect.any(InvalidSealError), bytes: Buffer.alloc(0) });
  });

  it('opens with the same key and for the same thing alone', async () => {
    const sealed = await seal(Buffer.from('x'));
    const others = [
      { ...key, key: Buffer.alloc(32, 8) },
      { ...key, associatedData: 'conclave/file/v1/a/2/2' },
      { ...key, associatedData: 'conclave/file/v1/b/1/1' },
    ];
    for (const other of others) {
      const { error } = await open(sealed, 1, undefined, other);
      expect(error).toBeInstanceOf(InvalidSealError);
    }
  });

  it('has another salt each time', async () => {
    const [one, other] = [await seal(Buffer.from('x')), await seal(Buffer.from('x'))];
    expect(one.subarray(1, 40).equals(other.subarray(1, 40))).toBe(false);
  });
});

function randomAt(bytes: Buffer): number {
  return Math.floor(Math.random() * bytes.length);
}

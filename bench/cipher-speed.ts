import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { openRange, type Range, sealedSize, sealStream } from '../src/crypto/streaming-aead.js';
import { median } from './statistics.js';

const PLAIN_BYTES = 4 * 2 ** 20;
const PIECE_BYTES = 65_536;
const [WARM_UPS, ROUNDS] = [5, 25];

function slicesOf(bytes: Buffer): Buffer[] {
  const count = Math.ceil(bytes.length / PIECE_BYTES);
  return Array.from({ length: count }, (_, n) =>
    bytes.subarray(n * PIECE_BYTES, (n + 1) * PIECE_BYTES),
  );
}

/** Bytes that one core of this process seals and opens in a microsecond, which are megabytes a second. */
export async function measureCipher(): Promise<{ seal: number; open: number }> {
  const key = { key: randomBytes(32), associatedData: 'conclave/file/v1/bench/1/1' };
  const plain = randomBytes(PLAIN_BYTES);
  let sealed = Buffer.alloc(0);
  const seal = async (): Promise<void> => {
    const parts: Buffer[] = [];
    for await (const part of sealStream(key, Readable.from(slicesOf(plain)))) parts.push(part);
    sealed = Buffer.concat(parts, sealedSize(plain.length));
  };
  const read = ({ start, end }: Range): AsyncIterable<Buffer> =>
    Readable.from(slicesOf(sealed.subarray(start, end)));
  const open = async (): Promise<void> => {
    const all = openRange(key, plain.length, { start: 0, end: plain.length }, read);
    for await (const piece of all) if (piece.length === 0) throw new Error('it is empty');
  };
  return { seal: await rateOf(seal), open: await rateOf(open) };
}

async function rateOf(work: () => Promise<void>): Promise<number> {
  const rates: number[] = [];
  for (let n = 0; n < ROUNDS; n++) {
    const begun = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(begun);
    if (n >= WARM_UPS) rates.push(PLAIN_BYTES / (user + system));
  }
  return median(rates);
}

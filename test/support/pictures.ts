import { constants, crc32, deflateRawSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';

/** A picture whose upper half, as it is stored, is white, the lower one black. */
export function halves(width: number, height: number): Sharp {
  const create = { width, height: height / 2, channels: 3 as const, background: 'white' };
  return sharp({ create: { ...create, height, background: 'black' } }).composite([
    { input: { create }, left: 0, top: 0 },
  ]);
}

/** One that moves: frames of different colours. */
export async function frames(width: number, height: number): Promise<Sharp> {
  const inputs = ['red', 'green', 'blue'].map((background) =>
    sharp({ create: { width, height, channels: 3, background } })
      .png()
      .toBuffer(),
  );
  return sharp(await Promise.all(inputs), { join: { animated: true } });
}

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');
const MIB = 2 ** 20;

/** A black PNG of any size, which takes next to no bytes and is never in memory. */
export function blackPng(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8); // 8 bits, RGB
  const parts = [chunk('IHDR', header), chunk('IDAT', zeros(height * (1 + 3 * width)))];
  return Buffer.concat([SIGNATURE, ...parts, chunk('IEND', Buffer.alloc(0))]);
}

/** So many zeros as zlib would store them (RFC 1950): the same block over and over. */
function zeros(length: number): Buffer {
  const mib = deflateRawSync(Buffer.alloc(MIB), { level: 9, finishFlush: constants.Z_FULL_FLUSH });
  const blocks = Array<Buffer>(Math.floor(length / MIB)).fill(mib);
  const last = deflateRawSync(Buffer.alloc(length % MIB), { level: 9 });
  const adler = Buffer.alloc(4);
  adler.writeUInt16BE(length % 65_521, 0);
  adler.writeUInt16BE(1, 2);
  return Buffer.concat([Buffer.from([0x78, 0xda]), ...blocks, last, adler]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

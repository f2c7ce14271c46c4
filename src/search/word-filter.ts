/**
 * Of so many bytes of text it takes one: 4,096 messages of ten words, of which 9,000 are different ones, take
 * 14 KB, and of the words that are not there it lets one in a hundred pass.
 */
const TEXT_BYTES = 16;
const READ_BYTES = 4;
/** In four bytes at once: what no byte of a word is less than, and the highest bits. */
const [FIRSTS, HIGHEST] = [0x21212121, 0x80808080];
const [FACTOR, LAST_FACTOR] = [0x2c1b3c6d, 0x297a2d39];

/**
 * Tells of a word whether some texts may hold it: what it denies is in none of them. It is a Bloom filter: each
 * word sets three bits of one unit of 32.
 */
export class WordFilter {
  private readonly units: Uint32Array;

  /** @param textBytes how much text it will be of */
  constructor(textBytes: number) {
    this.units = new Uint32Array(Math.ceil(textBytes / TEXT_BYTES / 4) + 1);
  }

  /** What it takes. */
  get bytes(): number {
    return this.units.byteLength;
  }

  /** Reads four bytes at a time. @param text words in UTF-8, each two parted by spaces or line breaks */
  add(text: Uint8Array): void {
    const { units } = this;
    const { length } = text;
    const view = new DataView(text.buffer, text.byteOffset, length);
    let hash = 0;
    for (let at = 0; at <= length;) {
      const read = at + READ_BYTES <= length ? view.getInt32(at, true) : readEnd(view, at, length);
      const ends = (read - FIRSTS) & ~read & HIGHEST; // right up to the first byte that is of no word
      if (ends === 0) {
        hash = mixed(hash ^ read);
        at += READ_BYTES;
        continue;
      }
      const bits = 24 - Math.clz32(ends & -ends); // of those before it
      hash = mixed(hash ^ (read & ((1 << bits) - 1)));
      if (hash !== 0) units[unitOf(hash, units.length)] |= bitsOf(hash);
      hash = 0;
      at += (bits >>> 3) + 1;
    }
  }

  mayHold(word: string): boolean {
    return this.mayHoldHash(hashOf(word));
  }

  /** For one who asks many filters. @param hash of `hashOf` */
  mayHoldHash(hash: number): boolean {
    const bits = bitsOf(hash);
    return hash === 0 || (this.units[unitOf(hash, this.units.length)] & bits) === bits;
  }
}

/** As `add` makes it. */
export function hashOf(text: string): number {
  const word = Buffer.from(text);
  const view = new DataView(word.buffer, word.byteOffset, word.length);
  let [hash, at] = [0, 0];
  for (; at + READ_BYTES <= word.length; at += READ_BYTES)
    hash = mixed(hash ^ view.getInt32(at, true));
  return mixed(hash ^ readEnd(view, at, word.length));
}

/** What is left where there are no four bytes, with zeros behind it: they are of no word. */
function readEnd(view: DataView, from: number, length: number): number {
  let read = 0;
  for (let at = length - 1; at >= from; at--) read = (read << 8) | view.getUint8(at);
  return read;
}

/** Zero of nothing but zero. */
function mixed(hash: number): number {
  const bits = Math.imul(hash, FACTOR);
  return bits ^ (bits >>> 15);
}

/** By its upper bits; of at most 32,768. */
function unitOf(hash: number, count: number): number {
  return ((Math.imul(hash, LAST_FACTOR) >>> 16) * count) >>> 16;
}

/** By others. */
function bitsOf(hash: number): number {
  return (1 << (hash & 31)) | (1 << ((hash >>> 5) & 31)) | (1 << ((hash >>> 10) & 31));
}

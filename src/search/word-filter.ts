/**
 * Of so many bytes of text it takes one: 4,096 messages of ten words, of which 9,000 are different ones, take
 * 14 KB, and of the words that are not there it lets one in a hundred pass.
 */
const TEXT_BYTES = 16;
const SPACE = 32;
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

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

  /** @param text words in UTF-8, each two parted by spaces or line breaks */
  add(text: Uint8Array): void {
    const { units } = this;
    const { length } = text;
    let hash = FNV_OFFSET;
    for (let at = 0; at < length; at++) {
      const byte = text[at];
      if (byte > SPACE) {
        hash = Math.imul(hash ^ byte, FNV_PRIME);
      } else if (at > 0 && text[at - 1] > SPACE) {
        hash = mixed(hash);
        units[unitOf(hash, units.length)] |= bitsOf(hash);
        hash = FNV_OFFSET;
      }
    }
    hash = mixed(hash);
    units[unitOf(hash, units.length)] |= bitsOf(hash); // of no word too, where a space ends it
  }

  mayHold(word: string): boolean {
    let hash = FNV_OFFSET;
    for (const byte of Buffer.from(word)) hash = Math.imul(hash ^ byte, FNV_PRIME);
    hash = mixed(hash);
    const bits = bitsOf(hash);
    return (this.units[unitOf(hash, this.units.length)] & bits) === bits;
  }
}

/** By its upper bits; of at most 32,768. */
function unitOf(hash: number, count: number): number {
  return ((hash >>> 16) * count) >>> 16;
}

/** By its lower bits. */
function bitsOf(hash: number): number {
  return (1 << (hash & 31)) | (1 << ((hash >>> 5) & 31)) | (1 << ((hash >>> 10) & 31));
}

/** Makes each bit one of many of those that FNV has made. */
function mixed(hash: number): number {
  const bits = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return bits ^ (bits >>> 13);
}

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
    let hash = FNV_OFFSET;
    for (let at = 0; at < text.length; at++) {
      const byte = text[at];
      if (byte > SPACE) {
        hash = Math.imul(hash ^ byte, FNV_PRIME);
      } else {
        this.set(mixed(hash)); // of no word too: that spares a question
        hash = FNV_OFFSET;
      }
    }
    this.set(mixed(hash));
  }

  mayHold(word: string): boolean {
    let hash = FNV_OFFSET;
    for (const byte of Buffer.from(word)) hash = Math.imul(hash ^ byte, FNV_PRIME);
    hash = mixed(hash);
    const bits = bitsOf(hash);
    return (this.units[this.unitOf(hash)] & bits) === bits;
  }

  private set(hash: number): void {
    this.units[this.unitOf(hash)] |= bitsOf(hash);
  }

  /** By its upper bits. */
  private unitOf(hash: number): number {
    return Math.floor(((hash >>> 0) / 2 ** 32) * this.units.length);
  }
}

/** By its lower bits. */
function bitsOf(hash: number): number {
  return (1 << (hash & 31)) | (1 << ((hash >>> 5) & 31)) | (1 << ((hash >>> 10) & 31));
}

/** Makes each bit one of all bits (the end of MurmurHash3). */
function mixed(hash: number): number {
  let bits = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}

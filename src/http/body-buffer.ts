/** Bytes as they come: what it takes is counted by what it has, however small the pieces are. */
export class BodyBuffer {
  private bytes: Buffer = Buffer.alloc(0);
  private length = 0;

  /** @param limit in bytes */
  constructor(private readonly limit: number) {}

  /** Bytes of memory. */
  get size(): number {
    return this.bytes.length;
  }

  /** False when there is more than may be. */
  add(piece: Buffer): boolean {
    const length = this.length + piece.length;
    if (length > this.limit) return false;
    if (this.length === 0) this.bytes = piece;
    else {
      if (length > this.bytes.length) this.grow(length);
      piece.copy(this.bytes, this.length);
    }
    this.length = length;
    return true;
  }

  take(): Buffer {
    return this.bytes.subarray(0, this.length);
  }

  private grow(length: number): void {
    const bytes = Buffer.allocUnsafe(Math.min(Math.max(length, 2 * this.length), this.limit));
    this.bytes.copy(bytes, 0, 0, this.length);
    this.bytes = bytes;
  }
}

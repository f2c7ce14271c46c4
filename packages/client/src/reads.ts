/**
 * How far a room is read, and how much of it is not: the messages beyond the marker, less the deleted ones.
 * The server says how many of these there were, not which: where the marker moves into their midst, it is
 * asked again.
 */
export class Reads {
  readSeq = 0;
  /** False where `unread` is a guess until the server has been asked. */
  isCertain = true;
  private lastSeq = 0;
  /** Deleted before the server was asked, at places unknown between the marker and `base`. */
  private unplaced = 0;
  private base = 0;
  /** Deleted since. */
  private readonly deleted = new Set<number>();

  get unread(): number {
    return Math.max(0, this.lastSeq - this.readSeq - this.unplaced - this.deleted.size);
  }

  /** What the server says, as of `lastSeq`. */
  set(lastSeq: number, readSeq: number, unread: number): void {
    this.lastSeq = this.base = lastSeq;
    this.readSeq = readSeq;
    this.unplaced = Math.max(0, lastSeq - readSeq - unread);
    this.deleted.clear();
    this.isCertain = true;
  }

  messageCreated(seq: number, isOwn: boolean): void {
    this.lastSeq = Math.max(this.lastSeq, seq);
    if (isOwn) this.moveTo(seq);
  }

  messageDeleted(seq: number): void {
    if (seq > this.readSeq) this.deleted.add(seq);
  }

  /**
   * The marker never moves back.
   *
   * @param unread what the server says is unread then, of about now
   */
  moveTo(seq: number, unread?: number): void {
    const to = Math.min(seq, this.lastSeq);
    if (to <= this.readSeq) return;
    this.readSeq = to;
    for (const each of this.deleted) if (each <= to) this.deleted.delete(each);
    if (to >= this.base) this.unplaced = 0;
    if (this.unplaced === 0) return;
    this.isCertain = false;
    if (unread !== undefined)
      this.unplaced = Math.max(0, this.lastSeq - to - this.deleted.size - unread);
  }
}

/** Fewer connections than browsers have for one server: messages go beside files. */
const MOST = 3;
/** After so many parts that went well there may be one more at once. */
const TRUSTED = 4;

/**
 * How many parts are under way at once, of all files: fewer where the network takes longer for one than the
 * server waits for it.
 */
export class Lanes {
  private most = MOST;
  private underWay = 0;
  private streak = 0;
  private readonly line: (() => void)[] = [];

  /** Does the work once there is a lane for it. */
  async use(work: () => Promise<void>): Promise<void> {
    if (this.underWay >= this.most) await new Promise<void>((begin) => this.line.push(begin));
    else this.underWay++;
    try {
      await work();
      if (++this.streak % TRUSTED === 0) this.most = Math.min(MOST, this.most + 1);
    } catch (error) {
      this.streak = 0;
      this.most = Math.max(1, this.most - 1);
      throw error;
    } finally {
      this.underWay--;
      this.next();
    }
  }

  private next(): void {
    while (this.underWay < this.most && this.line.length > 0) {
      this.underWay++;
      this.line.shift()!();
    }
  }
}

import { TooManyTransfersError, TransfersOverloadedError } from './attachment.errors.js';

export interface TransferLimits {
  all: number;
  ofUser: number;
  /** How long one more waits for its turn. */
  waitMs: number;
}

/** Longer than what stands still may keep a place. */
export const UPLOADS: TransferLimits = { all: 32, ofUser: 4, waitMs: 15_000 };
export const DOWNLOADS: TransferLimits = { all: 64, ofUser: 16, waitMs: 30_000 };
/** More would wait for longer than that. */
const MOST_WAITING = 1000;

interface Waiting {
  userId: string;
  begin: () => void;
  refuse: () => void;
}

/** Files under way in one direction. They have places of their own, so that they keep out nobody else. */
export class Transfers {
  underWay = 0;
  /** Since the start. */
  refused = 0;
  private readonly underWayOf = new Map<string, number>();
  private readonly line: Waiting[] = [];

  constructor(private readonly limits: TransferLimits) {}

  get waiting(): number {
    return this.line.length;
  }

  /**
   * Takes a place; who has fewest under way has the next turn.
   *
   * @returns gives it back; once is enough
   * @throws TransfersOverloadedError, TooManyTransfersError
   */
  async take(userId: string): Promise<() => void> {
    if (!this.hasPlaceFor(userId)) await this.wait(userId);
    else this.begin(userId);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.end(userId);
    };
  }

  private wait(userId: string): Promise<void> {
    const { waitMs, ofUser } = this.limits;
    const refusal = (): Error => {
      this.refused++;
      const isOwn = this.of(userId) >= ofUser;
      return isOwn ? new TooManyTransfersError() : new TransfersOverloadedError();
    };
    if (this.line.length >= MOST_WAITING && !this.makeRoomFor(userId))
      return Promise.reject(refusal());
    return new Promise((resolve, reject) => {
      const refuse = (): void => {
        clearTimeout(timer);
        this.line.splice(this.line.indexOf(waiting), 1);
        reject(refusal());
      };
      const timer = setTimeout(refuse, waitMs);
      const waiting = {
        userId,
        refuse,
        begin: () => {
          clearTimeout(timer);
          this.begin(userId);
          resolve();
        },
      };
      this.line.push(waiting);
    });
  }

  /** The newest of whoever waits with most gives way to one who waits with fewer. */
  private makeRoomFor(userId: string): boolean {
    const waitingOf = new Map<string, number>();
    for (const each of this.line) waitingOf.set(each.userId, (waitingOf.get(each.userId) ?? 0) + 1);
    const [most, count] = [...waitingOf].reduce((one, other) => (other[1] > one[1] ? other : one));
    if (count <= (waitingOf.get(userId) ?? 0) + 1) return false;
    this.line.findLast((each) => each.userId === most)!.refuse();
    return true;
  }

  private begin(userId: string): void {
    this.underWay++;
    this.underWayOf.set(userId, this.of(userId) + 1);
  }

  private end(userId: string): void {
    this.underWay--;
    const left = this.of(userId) - 1;
    if (left > 0) this.underWayOf.set(userId, left);
    else this.underWayOf.delete(userId);
    const next = this.next();
    if (!next) return;
    this.line.splice(this.line.indexOf(next), 1);
    next.begin();
  }

  /** The first of those who have fewest. */
  private next(): Waiting | undefined {
    let next: Waiting | undefined;
    for (const waiting of this.line) {
      if (!this.hasPlaceFor(waiting.userId)) continue;
      if (!next || this.of(waiting.userId) < this.of(next.userId)) next = waiting;
    }
    return next;
  }

  private hasPlaceFor(userId: string): boolean {
    return this.underWay < this.limits.all && this.of(userId) < this.limits.ofUser;
  }

  private of(userId: string): number {
    return this.underWayOf.get(userId) ?? 0;
  }
}

import { FairLine } from '../common/fair-line.js';
import type { Reason } from './refusals.js';

export interface PaceLimits {
  perSecond: number;
  waiting: number;
}

export const PACE: PaceLimits = { perSecond: 1000, waiting: 2000 };
const TICK_MS = 10;

/** Is told why, where it may not. */
type Begin = (refusal?: Reason) => void;

/**
 * Begins the requests of callers without a token, so many in a second. However cheap a refusal is,
 * whoever gets it at once asks again at once: 600 connections would fill each turn of the event loop,
 * and libuv takes one new connection in a turn. Addresses take turns; where too many wait, the newest
 * of the address that has most gives way.
 */
export class Pace {
  private readonly line = new FairLine<Begin>();
  /** Since the last tick. */
  private begun = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly limits = PACE) {}

  enter(address: string, begin: Begin): void {
    this.timer ??= this.later();
    if (this.begun < this.perTick && this.line.length === 0) {
      this.begun++;
      return begin();
    }
    if (this.line.length >= this.limits.waiting) {
      if (!this.line.hasRoomFor(address)) return begin('pace');
      this.line.giveWay()!('pace');
    }
    this.line.push(address, begin);
  }

  private get perTick(): number {
    return (this.limits.perSecond * TICK_MS) / 1000;
  }

  private later(): NodeJS.Timeout {
    return setTimeout(this.tick, TICK_MS).unref();
  }

  private readonly tick = (): void => {
    this.timer = this.line.length > 0 || this.begun > 0 ? this.later() : undefined;
    for (this.begun = 0; this.begun < this.perTick && this.line.length > 0; this.begun++) {
      this.line.shift()!();
    }
  };
}

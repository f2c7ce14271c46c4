import { FairLine } from '../common/fair-line.js';

export interface TurnLimits {
  /** For how long requests are begun in one turn of the event loop. */
  ms: number;
  /** For how long at a stretch none is while connections come in. */
  newcomersMs: number;
}

const TURNS: TurnLimits = { ms: 10, newcomersMs: 20 };

export interface Waiting {
  begin: () => void;
  /** In favour of a caller who has less. */
  refuse: () => void;
}

/**
 * Begins requests for a few milliseconds of each turn of the event loop, the others in the next: else
 * a long turn would not see how many come. Callers take turns, so that nobody waits for all that
 * another one asks. Libuv takes one new connection in a turn: while there are some, turns are short.
 */
export class Turns {
  private readonly line = new FairLine<Waiting>();
  /** When this turn began, in milliseconds; undefined before its first request. */
  private began: number | undefined;
  /** Whether a connection came in this turn. */
  private hasNewcomer = false;
  /** Since when nothing is begun for their sake, in milliseconds. */
  private newcomersSince: number | undefined;

  constructor(private readonly limits = TURNS) {}

  begin(caller: string, request: Waiting): void {
    if (this.began === undefined) this.startTurn();
    if (this.line.length === 0 && this.hasTime) request.begin();
    else this.line.push(caller, request);
  }

  /** Whether one that waits would give way to this caller, who has less in line. */
  hasRoomFor(caller: string): boolean {
    return this.line.hasRoomFor(caller);
  }

  makeRoom(): void {
    this.line.giveWay()?.refuse();
  }

  /** A connection came. */
  noteNewcomer(): void {
    this.hasNewcomer = true;
    this.newcomersSince ??= performance.now();
    if (this.began === undefined) this.startTurn();
  }

  private startTurn(): void {
    this.began = performance.now();
    setImmediate(this.endTurn);
  }

  /** By now all that came in the turn is known. */
  private readonly endTurn = (): void => {
    this.began = undefined;
    const isHurried = this.hasNewcomer && this.hurriedMs < this.limits.newcomersMs;
    if (!isHurried) this.newcomersSince = undefined;
    this.hasNewcomer = false;
    if (isHurried || this.line.length > 0) this.startTurn();
    if (!isHurried) this.beginNext();
  };

  private get hurriedMs(): number {
    return performance.now() - this.newcomersSince!;
  }

  private get hasTime(): boolean {
    return !this.hasNewcomer && performance.now() - this.began! < this.limits.ms;
  }

  /** Goes on when whatever the request does without waiting is done. */
  private readonly beginNext = (): void => {
    if (this.began === undefined || this.line.length === 0 || !this.hasTime) return;
    this.line.shift()!.begin();
    queueMicrotask(() => process.nextTick(this.beginNext));
  };
}

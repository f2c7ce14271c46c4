import { Logger } from '@nestjs/common';
import { normalizeIp } from '@nestjs/throttler';
import { HashingQueueFullError } from './auth.errors.js';
import type { Caller } from './caller.js';

/** How much work waits at most. */
const LINE_MS = 5000;
/** By when whoever waits is to be answered, since their request came; the hash itself included. */
const PATIENCE_MS = 6000;
/** How much the last hash counts for what one takes. */
const WEIGHT = 1 / 8;
const LOG_EVERY_MS = 1000;

interface Waiting {
  /** An address of IPv4, or the network of one of IPv6. */
  address: string;
  begin: () => void;
  refuse: () => void;
}

/**
 * The line for password hashes, of which some run at a time. It holds about five seconds of work, by
 * what a hash has taken lately: nobody waits for longer than a client does. Addresses take turns, and
 * when it is full the newest of the address that holds most gives way, so that whoever floods it keeps
 * nobody else from logging in; alone an address may fill it. Whose client has gone is passed over.
 */
export class HashLine {
  private readonly logger = new Logger(HashLine.name);
  /** By address: the one whose turn is next comes first. */
  private readonly waiting = new Map<string, Waiting[]>();
  private running = 0;
  private refused = 0;

  /** @param averageMs what a hash takes, as long as none was measured */
  constructor(
    private readonly lanes: number,
    private averageMs: number,
  ) {}

  get length(): number {
    let length = 0;
    for (const { length: count } of this.waiting.values()) length += count;
    return length;
  }

  /** For whoever would be refused there is nothing to prepare. @throws HashingQueueFullError */
  requireRoom({ device }: Caller): void {
    this.whoGivesWay(normalizeIp(device.ip));
  }

  /** Does the work when its turn comes. @throws HashingQueueFullError */
  async run<T>(caller: Caller, work: () => Promise<T>): Promise<T> {
    await this.enter(caller);
    const begun = performance.now();
    try {
      return await work();
    } finally {
      this.averageMs += (performance.now() - begun - this.averageMs) * WEIGHT;
      this.leave();
    }
  }

  /** Refuses all who wait. */
  clear(): void {
    for (const { refuse } of [...this.waiting.values()].flat()) refuse();
  }

  private async enter(caller: Caller): Promise<void> {
    if (caller.gone.aborted) throw new HashingQueueFullError();
    if (this.running < this.lanes) {
      this.running++;
      return;
    }
    const address = normalizeIp(caller.device.ip);
    this.whoGivesWay(address)?.refuse();
    await new Promise<void>((begin, reject) => this.wait(caller, address, begin, reject));
  }

  private wait(
    { gone, since }: Caller,
    address: string,
    begin: () => void,
    reject: (error: Error) => void,
  ): void {
    const settle = (): void => {
      clearTimeout(timer);
      gone.removeEventListener('abort', giveUp);
    };
    const giveUp = (): void => {
      settle();
      this.remove(one);
      reject(new HashingQueueFullError());
    };
    const refuse = (): void => {
      giveUp();
      this.noteRefusal();
    };
    const one: Waiting = { address, refuse, begin: () => (settle(), begin()) };
    const until = since + PATIENCE_MS - Math.min(this.averageMs, LINE_MS);
    const timer = setTimeout(refuse, until - performance.now());
    gone.addEventListener('abort', giveUp, { once: true });
    const others = this.waiting.get(address);
    if (others) others.push(one);
    else this.waiting.set(address, [one]);
  }

  /** Hands the lane to the next in line. */
  private leave(): void {
    const [line] = this.waiting.values();
    const next = line?.[0];
    if (!next) return void this.running--;
    this.remove(next);
    if (line.length > 0) {
      this.waiting.delete(next.address);
      this.waiting.set(next.address, line); // behind the others
    }
    next.begin();
  }

  private remove(one: Waiting): void {
    const line = this.waiting.get(one.address)!;
    line.splice(line.indexOf(one), 1);
    if (line.length === 0) this.waiting.delete(one.address);
  }

  private get isFull(): boolean {
    const capacity = Math.floor((LINE_MS * this.lanes) / this.averageMs);
    return this.length >= Math.max(1, capacity);
  }

  /**
   * Who is to be refused for one who comes from an address, if anyone.
   *
   * @throws HashingQueueFullError when it is the one who comes
   */
  private whoGivesWay(address: string): Waiting | undefined {
    if (!this.isFull) return undefined;
    const own = this.waiting.get(address)?.length ?? 0;
    let most: Waiting[] = [];
    for (const line of this.waiting.values()) if (line.length > most.length) most = line;
    if (most.length > own + 1) return most[most.length - 1];
    this.noteRefusal();
    throw new HashingQueueFullError();
  }

  /** One line of the log a second tells of all refusals. */
  private noteRefusal(): void {
    if (this.refused++ > 0) return;
    setTimeout(() => {
      this.logger.warn({ event: 'log_ins.refused', refused: this.refused, waiting: this.length });
      this.refused = 0;
    }, LOG_EVERY_MS).unref();
  }
}

import { setImmediate } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { DeadTokenError } from '../auth/auth.errors.js';
import { Semaphore } from '../database/semaphore.js';
import { EventBus } from '../events/event-bus.js';
import type { AuthUser } from '../http/current-user.js';
import { OneEach } from './one-each.js';
import { SearcherGoneError, SearchUnderWayError } from './search.errors.js';

/** What one search has of the event loop. */
const OWN_MS = 500;
/** What it takes by the clock, waiting included. */
const IN_ALL_MS = 2000;

/** Of the event loop to one unit of work: the others are for everybody else, and over at once where there is nobody. */
const TURNS = 3;

/** One search's place in the lane. */
export interface Turns {
  /** Whether the search has had its time. */
  readonly isSpent: boolean;
  /**
   * Does one unit of work when its turn comes, in a turn of the event loop of its own, some after the last.
   *
   * @throws SearcherGoneError, DeadTokenError
   */
  take<T>(unit: () => Promise<T>): Promise<T>;
}

/**
 * The one lane of all searches of this process: one unit of work in some turns of the event loop, so that
 * everybody else waits for no more than that one; users take turns, with one search each.
 */
@Injectable()
export class SearchLane {
  private readonly turns = new Semaphore(1);
  private readonly oneEach = new OneEach();
  /** By session, what ends its searches. */
  private readonly underWay = new Map<string, Set<AbortController>>();
  /** Since the start. */
  readonly counts = { searches: 0, units: 0, refused: 0 };
  private ownMs = 0;

  constructor(bus: EventBus) {
    bus.on('sessions.ended', ({ sessionIds }) => {
      for (const id of sessionIds) {
        for (const search of this.underWay.get(id) ?? []) search.abort(new DeadTokenError());
      }
    });
  }

  /** What searches have had of the event loop since the start. */
  get seconds(): number {
    return this.ownMs / 1000;
  }

  /** Searches that wait for their turn, or for another one of their user. */
  get waiting(): number {
    return this.turns.waiting + this.oneEach.count;
  }

  /**
   * @param gone aborted when nobody waits for the answer any more
   * @throws SearchUnderWayError where the user's other search does not end within a second;
   *   SearcherGoneError, DeadTokenError
   */
  async run<T>(
    { id, sessionId }: AuthUser,
    gone: AbortSignal,
    search: (turns: Turns) => Promise<T>,
  ): Promise<T> {
    const ending = new AbortController();
    const leave = (): void => ending.abort(new SearcherGoneError());
    if (gone.aborted) leave();
    gone.addEventListener('abort', leave);
    this.note(sessionId, ending);
    const turns = this.turnsOf(id, ending.signal);
    try {
      return await this.oneEach.run(id, ending.signal, async () => {
        this.counts.searches++;
        const found = await search(turns);
        ending.signal.throwIfAborted();
        return found;
      });
    } catch (error) {
      if (error instanceof SearchUnderWayError) this.counts.refused++;
      throw error;
    } finally {
      gone.removeEventListener('abort', leave);
      this.forget(sessionId, ending);
    }
  }

  private turnsOf(userId: string, signal: AbortSignal): Turns {
    const begun = performance.now();
    let ownMs = 0;
    const unitInTurn = async <T>(unit: () => Promise<T>): Promise<T> => {
      for (let n = 0; n < TURNS; n++) await setImmediate();
      signal.throwIfAborted();
      const before = performance.now();
      try {
        return await unit();
      } finally {
        const took = performance.now() - before;
        ownMs += took;
        this.ownMs += took;
        this.counts.units++;
      }
    };
    return {
      get isSpent() {
        return ownMs >= OWN_MS || performance.now() - begun >= IN_ALL_MS;
      },
      take: (unit) => this.turns.run(userId, () => unitInTurn(unit)),
    };
  }

  private note(sessionId: string, search: AbortController): void {
    const others = this.underWay.get(sessionId);
    if (others) others.add(search);
    else this.underWay.set(sessionId, new Set([search]));
  }

  private forget(sessionId: string, search: AbortController): void {
    const others = this.underWay.get(sessionId)!;
    others.delete(search);
    if (others.size === 0) this.underWay.delete(sessionId);
  }
}

import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { OverloadedError } from './errors.js';

export interface OverloadLimits {
  /** Requests that were let in and are not answered. */
  underWay: number;
  /** For how long requests are begun in one turn of the event loop. */
  turnMs: number;
}

const LIMITS: OverloadLimits = { underWay: 300, turnMs: 10 };
const LOG_EVERY_MS = 1000;
/**
 * What tells an operator how the server is, streams, which are under way for hours, and what waits
 * for a password to be hashed, in a line with a bound of its own.
 */
const EXEMPT = /^\/(health\/\w+|metrics|events|userauth\/user(Login|Signup))$/;

/**
 * Keeps the server quick when more is asked than it can do: past a number of requests it refuses,
 * before anything was done for them. Each turn of the event loop begins requests for a few
 * milliseconds only, the others wait for the next: else a long turn would not see how many come,
 * and libuv takes no more than one new connection in a turn.
 */
export class Overload {
  private readonly line: (() => void)[] = [];
  /** One for all: to trace where each is made would be a seventh of what it takes to refuse. */
  private readonly refusal = new OverloadedError();
  private underWay = 0;
  private refused = 0;
  /** Since the start. */
  refusedInAll = 0;
  /** When the requests of this turn began, in milliseconds; undefined before the first. */
  private turnBegan: number | undefined;

  constructor(
    private readonly log: Logger,
    private readonly limits = LIMITS,
  ) {}

  guard(fastify: FastifyInstance): void {
    fastify.addHook('onRequest', (request, reply, done) => {
      if (EXEMPT.test(request.routeOptions.url ?? '')) return done();
      if (this.underWay >= this.limits.underWay) {
        this.noteRefusal();
        return done(this.refusal);
      }
      this.underWay++;
      reply.raw.once('close', () => this.underWay--);
      this.begin(done);
    });
  }

  private begin(request: () => void): void {
    if (this.turnBegan === undefined) this.startTurn();
    if (this.line.length === 0 && this.hasTime) request();
    else this.line.push(request);
  }

  private startTurn(): void {
    this.turnBegan = performance.now();
    setImmediate(() => {
      this.turnBegan = undefined;
      if (this.line.length > 0) this.startTurn();
      this.beginNext();
    });
  }

  private get hasTime(): boolean {
    return performance.now() - this.turnBegan! < this.limits.turnMs;
  }

  /** Goes on when whatever the request does without waiting is done. */
  private readonly beginNext = (): void => {
    if (this.turnBegan === undefined || this.line.length === 0 || !this.hasTime) return;
    this.line.shift()!();
    queueMicrotask(() => process.nextTick(this.beginNext));
  };

  /** One line a second tells of all refusals. */
  private noteRefusal(): void {
    this.refusedInAll++;
    if (this.refused++ === 0) {
      setTimeout(() => {
        const { refused, underWay } = this;
        this.log.warn({ event: 'server.overloaded', refused, under_way: underWay });
        this.refused = 0;
      }, LOG_EVERY_MS).unref();
    }
  }
}

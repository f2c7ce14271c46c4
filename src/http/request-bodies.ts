import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { BodyBuffer } from './body-buffer.js';
import { isRaw } from './raw-route.js';
import type { Reason, Refusals } from './refusals.js';
import { refusal } from './unreadable-request.js';

export interface BodyLimits {
  /** Of all bodies on their way together. */
  bytes: number;
  /** For one to arrive in full. */
  ms: number;
}

export const BODIES: BodyLimits = { bytes: 64 * 1024 ** 2, ms: 10_000 };

type Done = (error: Error | null, bytes?: Buffer) => void;

interface Body {
  raw: IncomingMessage;
  /** Milliseconds of `performance.now()`. */
  began: number;
  /** Of its memory, what is counted. */
  bytes: number;
  /** Who reads it; nobody does where the request was refused before, or wants none. */
  give?: Done;
}

/** One of each for all, since they are thrown by the thousand when it matters. */
const LATE = refusal(408);
const TOO_LARGE = refusal(413);
const BROKEN = refusal(400);

/**
 * Bodies on their way. They cost memory and nothing else, and of that no more than a bound: past it
 * the one longest under way is cut, as is each that takes too long, whether it is read or not.
 */
export class RequestBodies {
  /** The one longest under way is the first. */
  private readonly underWay = new Map<IncomingMessage, Body>();
  private timer: NodeJS.Timeout | undefined;
  /** Of memory, in all. */
  bytes = 0;

  constructor(
    private readonly refusals: Refusals,
    private readonly limits = BODIES,
  ) {}

  guard(fastify: FastifyInstance): void {
    fastify.addHook('onRequest', (request, _reply, done) => {
      const { raw } = request;
      if (hasBody(raw.headers) && !isRaw(request)) this.begin(raw);
      done();
    });
  }

  /** Reads a body that has begun. @param limit in bytes */
  read(raw: IncomingMessage, limit: number, give: Done): void {
    const body = this.underWay.get(raw);
    if (!body) return give(null, Buffer.alloc(0));
    const announced = Number(raw.headers['content-length'] ?? limit);
    if (announced > limit) return give(TOO_LARGE);
    const buffer = new BodyBuffer(announced);
    body.give = give;
    raw.on('data', (piece: Buffer) => {
      if (!body.give) return; // dropped
      if (!buffer.add(piece)) return this.end(body, TOO_LARGE);
      this.count(body, buffer.size);
      if (this.bytes > this.limits.bytes) this.cutLongest();
    });
    raw.on('end', () => this.end(body, null, buffer.take()));
    raw.on('error', () => this.end(body, BROKEN));
  }

  private begin(raw: IncomingMessage): void {
    this.underWay.set(raw, { raw, began: performance.now(), bytes: 0 });
    raw.once('close', () => this.underWay.delete(raw));
    this.timer ??= this.later(this.limits.ms);
  }

  private end(body: Body, error: Error | null, bytes?: Buffer): void {
    const { give } = body;
    if (!give) return;
    body.give = undefined;
    this.count(body, 0);
    if (!error) this.underWay.delete(body.raw);
    give(error, bytes);
  }

  private count(body: Body, bytes: number): void {
    this.bytes += bytes - body.bytes;
    body.bytes = bytes;
  }

  private cutLongest(): void {
    for (const body of this.underWay.values()) {
      if (body.bytes > 0) return this.cut(body, 'bodies_in_all');
    }
  }

  private readonly cutLate = (): void => {
    this.timer = undefined;
    const now = performance.now();
    for (const body of this.underWay.values()) {
      const leftMs = body.began + this.limits.ms - now;
      if (leftMs > 0) {
        this.timer = this.later(leftMs);
        return;
      }
      this.cut(body, 'body_for_long');
    }
  };

  /** Says so where somebody waits for it; else what there was to say has been said. */
  private cut(body: Body, reason: Reason): void {
    this.underWay.delete(body.raw);
    if (!body.give && body.raw.complete) return; // it is here, and waits for us
    this.refusals.note(reason);
    if (body.give) this.end(body, LATE);
    else body.raw.socket.destroy();
  }

  private later(ms: number): NodeJS.Timeout {
    return setTimeout(this.cutLate, ms).unref();
  }
}

export function hasBody(headers: IncomingHttpHeaders): boolean {
  const { 'content-length': length = '0' } = headers;
  return Number(length) !== 0 || headers['transfer-encoding'] !== undefined;
}

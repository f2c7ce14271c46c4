import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from './callers.js';
import type { Reason, Refusals } from './refusals.js';

export interface UnreadLimits {
  /** Of a user, or of an address without a token. */
  bytesOfCaller: number;
  bytesInAll: number;
  /** Without anything being taken. */
  ms: number;
}

export const UNREAD: UnreadLimits = {
  bytesOfCaller: 16 * 1024 ** 2,
  bytesInAll: 128 * 1024 ** 2,
  ms: 30_000,
};
const LOOK_EVERY_MS = 1000;

interface Answer {
  response: ServerResponse;
  socket: Socket;
  key: string;
  /** Of it and, where its turn has come, of what else lies in its socket. */
  bytes: number;
  /** What the kernel has taken from its socket, in bytes, when that was last seen to grow. */
  taken: number;
  /** Milliseconds of `performance.now()`. */
  takenAt: number;
}

/** What only node's own timeout of sockets uses: how far a write is that the kernel took in part. */
interface Handle {
  bytesWritten: number;
  writeQueueSize: number;
}

/**
 * Answers that were handed over and that the kernel has not taken, since their client does not read.
 * Most are taken at once: those are looked at once, when the turn of the event loop in which they were
 * handed over ends, and no more. Of the others those that get nowhere are cut; who has many of them
 * gets no more; and where they are too many in all, those go first whose caller has most.
 */
export class UnreadAnswers {
  private handedOver: FastifyReply[] = [];
  /** The oldest first. */
  private readonly unread = new Set<Answer>();
  private readonly bytesOf = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;
  /** In all. */
  bytes = 0;

  constructor(
    private readonly callerOf: (request: FastifyRequest) => Caller,
    private readonly refusals: Refusals,
    private readonly limits = UNREAD,
  ) {}

  /** Whether the caller has to read first, before there is more. */
  isFull({ key }: Caller): boolean {
    return this.bytes > 0 && (this.bytesOf.get(key) ?? 0) > this.limits.bytesOfCaller;
  }

  /** Of an answer that is being handed over. */
  watch(reply: FastifyReply): void {
    if (this.handedOver.push(reply) === 1) setImmediate(this.sort);
  }

  private readonly sort = (): void => {
    const replies = this.handedOver;
    this.handedOver = [];
    for (const reply of replies) {
      if (!reply.raw.writableFinished && !isEventStream(reply)) this.keep(reply);
    }
    if (this.bytes > this.limits.bytesInAll) this.cutMost();
  };

  private keep({ raw: response, request }: FastifyReply): void {
    const { socket } = request.raw;
    if (socket.destroyed) return;
    const { key } = this.callerOf(request);
    const takenAt = performance.now();
    const answer = { response, socket, key, bytes: 0, taken: takenFrom(socket), takenAt };
    this.unread.add(answer);
    response.once('close', () => this.drop(answer));
    this.count(answer, unreadOf(response));
    this.timer ??= this.later();
  }

  private count(answer: Answer, bytes: number): void {
    const { key } = answer;
    const more = bytes - answer.bytes;
    answer.bytes = bytes;
    this.bytes += more;
    const ofCaller = (this.bytesOf.get(key) ?? 0) + more;
    if (ofCaller > 0) this.bytesOf.set(key, ofCaller);
    else this.bytesOf.delete(key);
  }

  private drop(answer: Answer): void {
    this.count(answer, 0);
    this.unread.delete(answer);
  }

  private readonly look = (): void => {
    const now = performance.now();
    for (const answer of this.unread) this.lookAt(answer, now);
    if (this.bytes > this.limits.bytesInAll) this.cutMost();
    this.timer = this.unread.size > 0 ? this.later() : undefined;
  };

  private lookAt(answer: Answer, now: number): void {
    const { response, socket } = answer;
    if (socket.destroyed) return this.drop(answer); // of those behind the first node does not tell
    this.count(answer, unreadOf(response));
    const taken = takenFrom(socket);
    if (taken > answer.taken || socket.writableLength === 0) {
      answer.taken = taken;
      answer.takenAt = now;
    } else if (now - answer.takenAt >= this.limits.ms) this.cut(answer, 'unread_for_long');
  }

  private cutMost(): void {
    const callers = [...this.bytesOf].sort(([, a], [, b]) => a - b);
    while (this.bytes > this.limits.bytesInAll && callers.length > 0) {
      const [most] = callers.pop()!;
      for (const answer of this.unread) {
        if (answer.key === most && this.bytes > this.limits.bytesInAll) {
          this.cut(answer, 'unread_most');
        }
      }
    }
  }

  private cut(answer: Answer, reason: Reason): void {
    this.refusals.note(reason);
    answer.socket.destroy();
    this.drop(answer);
  }

  private later(): NodeJS.Timeout {
    return setTimeout(this.look, LOOK_EVERY_MS).unref();
  }
}

function unreadOf(response: ServerResponse): number {
  const queued = response.socket ? handleOf(response.socket).writeQueueSize : 0;
  return Math.max(response.writableLength, queued);
}

function takenFrom(socket: Socket): number {
  const { bytesWritten, writeQueueSize } = handleOf(socket);
  return bytesWritten - writeQueueSize;
}

function handleOf(socket: Socket): Handle {
  const { _handle: handle } = socket as Socket & { _handle?: Handle | null };
  return handle ?? { bytesWritten: 0, writeQueueSize: 0 };
}

function isEventStream(reply: FastifyReply): boolean {
  return String(reply.getHeader('content-type')).startsWith('text/event-stream');
}

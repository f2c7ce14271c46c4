import { Problem } from '../../src/problem.js';
import type { ProblemType } from '../../src/problem.js';
import { settled } from './manual-timers.js';

interface Call<A, T> {
  asked: A;
  answer: (value: T) => void;
  fail: (error: unknown) => void;
}

/** A function that is answered by hand, one call after the other. */
export class Answered<A, T> {
  /** What each call was made with. */
  readonly asked: A[] = [];
  private readonly open: Call<A, T>[] = [];

  readonly call = (asked: A): Promise<T> => {
    this.asked.push(asked);
    return new Promise((answer, fail) => this.open.push({ asked, answer, fail }));
  };

  get waiting(): number {
    return this.open.length;
  }

  /** Answers the oldest that waits; what follows of it has been done then. */
  async answer(value: T): Promise<void> {
    this.next().answer(value);
    await settled();
  }

  async fail(error: unknown): Promise<void> {
    this.next().fail(error);
    await settled();
  }

  private next(): Call<A, T> {
    const call = this.open.shift();
    if (!call) throw new Error('nobody has asked');
    return call;
  }
}

/** What the server may answer instead. */
export function refusal(status: number, type: string, retryAfter: number | null = null): Problem {
  const name = `urn:conclave:problem:${type}` as ProblemType;
  return new Problem({ type: name, title: type, status, detail: type, retryAfter });
}

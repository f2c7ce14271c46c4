import { pause, type Timers } from './timers.js';
import { Problem } from './problem.js';

const TIMEOUT_MS = 30_000;
const TRIES = 4;
const LONGEST_WAIT_SECONDS = 30;

export interface Tokens {
  /** Which session it is, the same in all tabs: what one was given does not count for another. */
  readonly session: string | null;
  /** @throws Problem where nobody is signed in */
  accessToken(): Promise<string>;
  /** After a 401 with that token. @returns another one; @throws Problem where there is none */
  replace(token: string): Promise<string>;
}

/**
 * `fetch` as the API wants it: a request has an end, one that was refused for now is sent again, and what
 * goes wrong is a Problem.
 */
export class Transport {
  constructor(
    private readonly timers: Timers,
    private readonly send: typeof fetch = (...request) => fetch(...request),
  ) {}

  /** Without a token. @throws Problem */
  readonly fetch = async (request: Request): Promise<Response> => {
    for (let tries = 1; ; tries++) {
      const problem = await this.once(request.clone());
      if (problem instanceof Response) return problem;
      if (tries === TRIES || !isWorthTrying(problem, request)) throw problem;
      await pause(this.timers, waitMs(problem, tries), request.signal);
      if (request.signal.aborted) throw problem;
    }
  };

  /** With the session's token, and with the next one where it counts no more. @throws Problem */
  fetchWith(tokens: Tokens): (request: Request) => Promise<Response> {
    const ask = (request: Request, token: string): Promise<Response> => {
      const own = request.clone();
      own.headers.set('authorization', `Bearer ${token}`);
      return this.fetch(own);
    };
    return async (request) => {
      const token = await tokens.accessToken();
      try {
        return await ask(request, token);
      } catch (error) {
        if (!isUnauthenticated(error)) throw error;
        return ask(request, await tokens.replace(token));
      }
    };
  }

  /** One try. */
  async once(request: Request, timeoutMs = TIMEOUT_MS): Promise<Response | Problem> {
    const controller = new AbortController();
    const abort = (): void => controller.abort(request.signal.reason);
    if (request.signal.aborted) abort();
    request.signal.addEventListener('abort', abort);
    const timer = this.timers.setTimeout(abort, timeoutMs);
    try {
      const response = await this.send(request, { signal: controller.signal });
      if (response.ok) return await whole(response);
      const body: unknown = await response.json().catch(() => undefined);
      const after = Number(response.headers.get('retry-after') ?? NaN);
      return Problem.of(body, response.status, Number.isFinite(after) ? after : null);
    } catch (error) {
      return Problem.noAnswer(error);
    } finally {
      this.timers.clearTimeout(timer);
      request.signal.removeEventListener('abort', abort);
    }
  }
}

/** @returns what a call of openapi-fetch answers, whose failures are thrown already */
export async function answerOf<T>(call: Promise<{ data?: T }>): Promise<T> {
  return (await call).data as T;
}

/** With its body, so that a connection that breaks on the way is no answer. */
async function whole(response: Response): Promise<Response> {
  const { status, headers } = response;
  if (status === 204) return response;
  return new Response(await response.arrayBuffer(), { status, headers });
}

/** A POST may have been carried out though nothing was answered, but for one that was refused at the door. */
function isWorthTrying(problem: Problem, { method, signal, url }: Request): boolean {
  if (signal.aborted || !problem.isPassing || (problem.retryAfter ?? 0) > LONGEST_WAIT_SECONDS)
    return false;
  return method !== 'POST' || problem.status === 429 || /\/(sync|refresh)\/?$/.test(url);
}

function waitMs({ retryAfter }: Problem, tries: number): number {
  return retryAfter === null ? 250 * 2 ** tries : 1000 * retryAfter;
}

export function isUnauthenticated(error: unknown): boolean {
  return error instanceof Problem && error.type === 'urn:conclave:problem:unauthenticated';
}

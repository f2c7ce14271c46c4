import type { components } from './schema.js';

type Body = components['schemas']['Problem'];

type OwnName = 'no-answer' | 'not-conclave' | 'signed-out' | 'cancelled' | 'file-needed';
/**
 * Of what comes from no server: nothing answered, something else did, nobody is signed in, an upload was
 * cancelled, or its file is not here any more.
 */
export type ClientProblemType = `urn:conclave:client:${OwnName}`;
export type ProblemType = components['schemas']['ProblemType'] | ClientProblemType;

interface Details {
  type: ProblemType;
  title: string;
  status: number;
  detail: string;
  requestId?: string | null;
  errors?: Body['errors'];
  retryAfter?: number | null;
  cause?: unknown;
}

/** What went wrong, in words for developers (`detail`), by kind (`type`), and by field. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly type: ProblemType;
  readonly title: string;
  /** HTTP status; 0 where no server answered. */
  readonly status: number;
  /** For a report to whoever runs the server. */
  readonly requestId: string | null;
  /** What to change, by the name of the field. */
  readonly fields: Readonly<Record<string, string[]>>;
  /** Seconds after which to try again. */
  readonly retryAfter: number | null;

  constructor({
    type,
    title,
    status,
    detail,
    requestId = null,
    errors = [],
    retryAfter = null,
    cause,
  }: Details) {
    super(detail, { cause });
    this.type = type;
    this.title = title;
    this.status = status;
    this.requestId = requestId;
    this.fields = Object.fromEntries(errors.map(({ field, messages }) => [field, messages]));
    this.retryAfter = retryAfter;
  }

  get detail(): string {
    return this.message;
  }

  /** Whether the same request may go through later: nothing is wrong with it. */
  get isPassing(): boolean {
    return [0, 408, 429].includes(this.status) || this.status >= 500;
  }

  /** @param body what the server answered, parsed */
  static of(body: unknown, status: number, retryAfter: number | null): Problem {
    if (isProblem(body)) return new Problem({ ...body, requestId: body.request_id, retryAfter });
    const detail = `What answered ${status} is not Conclave: a proxy?`;
    return Problem.own('not-conclave', status, detail, { retryAfter });
  }

  /** One that comes from no server. */
  static own(name: OwnName, status: number, detail: string, rest: Partial<Details> = {}): Problem {
    return new Problem({
      type: `urn:conclave:client:${name}`,
      title: name,
      status,
      detail,
      ...rest,
    });
  }

  static noAnswer(cause: unknown): Problem {
    return Problem.own('no-answer', 0, 'The server cannot be reached.', { cause });
  }

  static signedOut(): Problem {
    return Problem.own('signed-out', 401, 'Nobody is signed in.');
  }

  /** What was thrown, if it is one. */
  static from(error: unknown): Problem {
    return error instanceof Problem ? error : Problem.noAnswer(error);
  }
}

function isProblem(body: unknown): body is Body {
  const { type, detail } = Object(body) as Partial<Body>;
  return typeof type === 'string' && typeof detail === 'string';
}

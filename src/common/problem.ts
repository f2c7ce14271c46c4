import { HttpException } from '@nestjs/common';
import { databaseOutage } from './database-outage.js';
import { DomainError, ErrorKind, InvalidInputError } from './errors.js';
import type { ProblemDto } from './problem.dto.js';

interface ProblemKind {
  status: number;
  title: string;
}

const DOMAIN: Record<ErrorKind, ProblemKind> = {
  'invalid-input': { status: 400, title: 'Invalid input' },
  unauthenticated: { status: 401, title: 'Not signed in' },
  forbidden: { status: 403, title: 'Not allowed' },
  'not-found': { status: 404, title: 'Not found' },
  conflict: { status: 409, title: 'Conflict' },
  'too-many-requests': { status: 429, title: 'Too many requests' },
  'client-id-reused': { status: 422, title: 'client_id used before' },
  unavailable: { status: 503, title: 'Unavailable' },
};

interface FrameworkProblem extends ProblemKind {
  kind: string;
  detail: string;
}

/** What the framework refuses before a handler runs, by status; any other refusal is a 400. */
const FRAMEWORK: Record<number, FrameworkProblem> = {
  400: {
    kind: 'malformed-request',
    status: 400,
    title: 'Malformed request',
    detail:
      'The request could not be read. Send a well-formed URL and, as a body, one JSON object.',
  },
  404: {
    kind: 'unknown-route',
    status: 404,
    title: 'Unknown route',
    detail: 'There is no such route. See /docs for those there are.',
  },
  408: {
    kind: 'timeout',
    status: 408,
    title: 'Timeout',
    detail: 'The request took too long to arrive. Send it again.',
  },
  413: {
    kind: 'too-large',
    status: 413,
    title: 'Too large',
    detail: 'The body is larger than 256 KiB.',
  },
  414: { kind: 'uri-too-long', status: 414, title: 'URI too long', detail: 'The URL is too long.' },
  415: {
    kind: 'not-json',
    status: 415,
    title: 'Not JSON',
    detail: 'Send the body as JSON, with the header `Content-Type: application/json`.',
  },
  431: {
    kind: 'headers-too-large',
    status: 431,
    title: 'Headers too large',
    detail: 'The URL and the headers together are larger than 16 KiB.',
  },
};

const BUG = {
  kind: 'internal',
  status: 500,
  title: 'Internal error',
  detail: 'The server failed to answer. Quote `request_id` when you report it.',
};

export type ProblemBody = Omit<ProblemDto, 'request_id'>;

export interface Problem {
  body: ProblemBody;
  retryAfterSeconds?: number;
}

/** The problem that an error is answered with. What is not expected says nothing of its cause. */
export function problemOf(error: unknown): Problem {
  const refusal = refusalOf(error);
  const known = error instanceof DomainError ? error : !refusal && databaseOutage(error);
  if (known) {
    const { status, title } = DOMAIN[known.kind];
    return {
      body: {
        ...problemBody(known.kind, status, title, known.message),
        ...(known instanceof InvalidInputError && { errors: known.fields }),
      },
      retryAfterSeconds: known.retryAfterSeconds,
    };
  }
  const { kind, status, title, detail } = refusal ?? BUG;
  return { body: problemBody(kind, status, title, detail) };
}

/** What a documented error looks like; `detail` is the description of the response. */
export function exampleProblem(status: number, detail: string): ProblemBody {
  const [kind, domain] = Object.entries(DOMAIN).find(([, known]) => known.status === status) ?? [];
  const framework = FRAMEWORK[status] ?? BUG;
  const known = domain && kind && framework.detail !== detail ? { kind, ...domain } : framework;
  return problemBody(known.kind, status, known.title, detail);
}

/** The detail that is given for a status where the framework refuses. */
export function frameworkDetail(status: number): string {
  return (FRAMEWORK[status] ?? BUG).detail;
}

function problemBody(kind: string, status: number, title: string, detail: string): ProblemBody {
  return { type: `urn:conclave:problem:${kind}`, title, status, detail };
}

/** Why the framework refused the request, where that is what the error says. */
function refusalOf(error: unknown): FrameworkProblem | undefined {
  const status = frameworkStatus(error);
  return FRAMEWORK[status] ?? (status >= 400 && status < 500 ? FRAMEWORK[400] : undefined);
}

function frameworkStatus(error: unknown): number {
  if (error instanceof HttpException) return error.getStatus();
  const { statusCode } = (error ?? {}) as { statusCode?: unknown };
  return typeof statusCode === 'number' ? statusCode : 500;
}

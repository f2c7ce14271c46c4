import { HttpException } from '@nestjs/common';
import { databaseOutage } from '../database/database-outage.js';
import { DomainError, ErrorKind, InvalidInputError } from '../common/errors.js';
import type { ProblemDto } from './problem.dto.js';

interface ProblemKind {
  status: number;
  title: string;
}

const DOMAIN: Record<ErrorKind, ProblemKind> = {
  'invalid-input': { status: 400, title: 'Invalid input' },
  'websocket-only': { status: 400, title: 'WebSocket only' },
  unauthenticated: { status: 401, title: 'Not signed in' },
  'wrong-credentials': { status: 401, title: 'Wrong e-mail or password' },
  'refused-token': { status: 401, title: 'Token refused' },
  'dead-refresh-token': { status: 401, title: 'Signed out' },
  forbidden: { status: 403, title: 'Not allowed' },
  'wrong-origin': { status: 403, title: 'Wrong origin' },
  'sign-up-closed': { status: 403, title: 'Sign-up closed' },
  'not-a-member': { status: 403, title: 'Not a member' },
  'wrong-password': { status: 403, title: 'Wrong password' },
  'wrong-token': { status: 403, title: 'Wrong token' },
  'quota-exceeded': { status: 403, title: 'Quota exceeded' },
  'not-found': { status: 404, title: 'Not found' },
  timeout: { status: 408, title: 'Timeout' },
  'attachment-state': { status: 409, title: 'Not in this state' },
  'email-taken': { status: 409, title: 'E-mail taken' },
  'no-password': { status: 409, title: 'No password' },
  'message-deleted': { status: 409, title: 'Message deleted' },
  'owner-must-stay': { status: 409, title: 'A room has an owner' },
  'room-full': { status: 409, title: 'Room full' },
  'too-many-reactions': { status: 409, title: 'Too many reactions' },
  'too-many-rooms': { status: 409, title: 'Too many rooms' },
  'length-required': { status: 411, title: 'Length required' },
  'too-large': { status: 413, title: 'Too large' },
  'encoded-body': { status: 415, title: 'Encoded body' },
  'range-not-satisfiable': { status: 416, title: 'Range not satisfiable' },
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
    detail: 'There is no such route. The OpenAPI document lists those there are.',
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
  421: {
    kind: 'wrong-host',
    status: 421,
    title: 'Wrong host',
    detail:
      'The server does not go by the name in `Host`. Ask for it by its IP address or as localhost, or list the name in its setting ALLOWED_HOSTS.',
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

/** Every `type` that a problem may have: a closed list. */
export const PROBLEM_TYPES = [
  ...new Set([
    ...Object.keys(DOMAIN),
    ...[...Object.values(FRAMEWORK), BUG].map(({ kind }) => kind),
  ]),
].map(typeOf);

/**
 * What a documented error looks like.
 *
 * @param detail the description of the response
 * @param kind of the error; without it the first of the status
 */
export function exampleProblem(status: number, detail: string, kind?: string): ProblemBody {
  const first = Object.entries(DOMAIN).find(([name, known]) =>
    kind ? name === kind : known.status === status,
  );
  if (kind && first?.[1].status !== status) throw new Error(`No problem ${kind} of ${status}`);
  const framework = FRAMEWORK[status] ?? BUG;
  const isFramework = !first || framework.detail === detail;
  const known = isFramework ? framework : { kind: first[0], ...first[1] };
  return problemBody(known.kind, status, known.title, detail);
}

/** The detail that is given for a status where the framework refuses. */
export function frameworkDetail(status: number): string {
  return (FRAMEWORK[status] ?? BUG).detail;
}

function problemBody(kind: string, status: number, title: string, detail: string): ProblemBody {
  return { type: typeOf(kind), title, status, detail };
}

function typeOf(kind: string): string {
  return `urn:conclave:problem:${kind}`;
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

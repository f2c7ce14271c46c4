import type { OpenAPIObject } from '@nestjs/swagger';
import { exampleProblem, frameworkDetail } from './common/problem.js';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
type Response = {
  description: string;
  content?: Record<string, unknown>;
  headers?: Record<string, unknown>;
};

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;
const REQUEST_ID = '019ab3c1-6f3e-7c52-b1d6-3f2f8d1c9a10';
const INVALID = 'The request has invalid fields; `errors` says what to change in each.';
const DEAD_TOKEN = 'The access token is missing, expired or revoked.';
const OUTAGE =
  'The server is overloaded, shutting down or without its database. Try again shortly.';

const HEADERS: Record<string, Response['headers']> = {
  401: { 'WWW-Authenticate': header('string', 'Bearer realm="conclave"') },
  503: { 'Retry-After': header('integer', 2) },
};

/** Every operation of the document. */
export function operationsOf(document: OpenAPIObject): Operation[] {
  return Object.values(document.paths).flatMap((path) =>
    METHODS.flatMap((name) => path[name] ?? []),
  );
}

/** Gives every operation the errors that all of its kind share, and every error an example. */
export function describeProblems(document: OpenAPIObject): void {
  for (const operation of operationsOf(document)) {
    const responses = operation.responses as Record<string, Response | undefined>;
    for (const [status, description] of Object.entries(sharedProblems(operation))) {
      responses[status] ??= { description };
    }
    for (const [status, response] of Object.entries(responses)) {
      if (response && Number(status) >= 400) describe(Number(status), response, operation);
    }
  }
}

function sharedProblems({
  parameters = [],
  requestBody,
  security,
  tags,
}: Operation): Record<string, string> {
  return {
    ...((requestBody || parameters.length > 0) && { 400: INVALID }),
    ...(security?.length && { 401: DEAD_TOKEN }),
    ...(requestBody && { 413: frameworkDetail(413), 415: frameworkDetail(415) }),
    ...(!tags?.includes('health') && { 503: OUTAGE }),
  };
}

function describe(status: number, response: Response, operation: Operation): void {
  const example = {
    ...exampleProblem(status, response.description),
    request_id: REQUEST_ID,
    ...(status === 400 && { errors: [exampleFieldError(operation)] }),
  };
  const schema = { $ref: '#/components/schemas/ProblemDto' };
  response.content = { 'application/problem+json': { schema, example } };
  if (HEADERS[status]) response.headers = HEADERS[status];
}

function exampleFieldError({ parameters = [] }: Operation): object {
  const [first] = parameters;
  const field = first && 'name' in first ? first.name : 'message';
  return { field, messages: [`${field} must be …`] };
}

function header(type: string, example: unknown): object {
  return { schema: { type }, example };
}

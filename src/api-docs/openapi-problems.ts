import { STATUS_CODES } from 'node:http';
import type { OpenAPIObject } from '@nestjs/swagger';
import { DeadTokenError } from '../auth/auth.errors.js';
import {
  exampleProblem,
  frameworkDetail,
  type ProblemBody,
  PROBLEM_TYPES,
} from '../http/problem.js';
import { METHODS, type Operation, type Schema } from './document.js';
import { SCHEMAS } from './schema-names.js';

type Example = ProblemBody & { request_id: string };

/** What one status of an operation may mean. */
interface Answer {
  operation: Operation;
  status: number;
  problems: { kind: string; example: Example }[];
}

const REQUEST_ID = '019ab3c1-6f3e-7c52-b1d6-3f2f8d1c9a10';
const INVALID = 'The request has invalid fields; `errors` says what to change in each.';
/** One that may be made everywhere: the example is that of all operations. */
const ERRORS = [{ field: 'colour', messages: ['colour is not a known field'] }];
const DEAD_TOKEN = new DeadTokenError().message;
const TOO_MANY = 'You are sending too many requests. Try again in 30 s.';
const OUTAGE =
  'The server is overloaded, shutting down or without its database. Try again shortly.';

const HEADERS: Record<number, object> = {
  401: {
    'WWW-Authenticate': header('string', 'Bearer realm="conclave"', 'What to send: a Bearer token'),
  },
  429: { 'Retry-After': header('integer', 30, 'Seconds after which to try again') },
  503: { 'Retry-After': header('integer', 2, 'Seconds after which to try again') },
};

/**
 * Gives every operation the errors that all of its kind share, and every error an example. Equal ones
 * stand in the document once, under a name.
 */
export function describeProblems(document: OpenAPIObject): void {
  const answers = Object.values(document.paths).flatMap((path) =>
    METHODS.flatMap((method) => {
      const operation = path[method] as Operation | undefined;
      return operation ? answersOf(operation, method !== 'get') : [];
    }),
  );
  const components = (document.components!.responses ??= {});
  for (const { operation, status, problems } of answers) {
    const name = nameOf({ operation, status, problems }, answers);
    components[name] ??= responseOf(status, problems) as (typeof components)[string];
    operation.responses[status] = { $ref: `#/components/responses/${name}` };
  }
}

/** Names the closed list of types. */
export function nameProblemTypes(schemas: Record<string, Schema>): void {
  const { Problem, SocketProblem } = schemas;
  for (const { properties } of [Problem, SocketProblem].filter(Boolean)) {
    if (!properties?.type) continue; // where the build's plugin was not at work
    const { description, example } = properties.type;
    properties.type = { $ref: `${SCHEMAS}ProblemType` };
    schemas.ProblemType = { type: 'string', description, enum: PROBLEM_TYPES, example };
  }
}

/** @param readsBody whether a body is read, even where the operation takes none */
function answersOf(operation: Operation, readsBody: boolean): Answer[] {
  const texts = sharedProblems(operation, readsBody);
  for (const [status, response] of Object.entries(operation.responses)) {
    if (Number(status) >= 400) texts[status] = (response as { description: string }).description;
  }
  return Object.entries(texts).map(([status, text]) => {
    // Several of one status were put together from the last to the first.
    const parts = text.split('\n\n').reverse();
    const problems = parts.map((part) => problemIn(Number(status), part));
    return { operation, status: Number(status), problems };
  });
}

function sharedProblems(
  { parameters = [], requestBody, security, tags }: Operation,
  readsBody: boolean,
): Record<string, string> {
  const takesInput = requestBody || parameters.length > 0;
  const readsJson = readsBody && !isRaw(requestBody);
  const hasPathParameter = parameters.some((it) => 'in' in it && it.in === 'path');
  return {
    ...(readsJson && { 400: frameworkDetail(400) }),
    ...(takesInput && { 400: INVALID }),
    ...(security?.length && { 401: DEAD_TOKEN }),
    ...(hasPathParameter && { 414: frameworkDetail(414) }),
    ...(readsJson && { 413: frameworkDetail(413), 415: frameworkDetail(415) }),
    ...(!tags?.includes('health') && { 429: TOO_MANY, 503: OUTAGE }),
  };
}

/** Whatever the bytes are, they are taken. */
function isRaw(body: Operation['requestBody']): boolean {
  return body !== undefined && 'content' in body && 'application/octet-stream' in body.content;
}

/** @param text may begin with the kind of the problem, as in `[email-taken] …` */
function problemIn(status: number, text: string): Answer['problems'][number] {
  const [, given, detail] = /^(?:\[([\w-]+)\] )?(.*)$/s.exec(text)!;
  const body = exampleProblem(status, detail, given);
  const errors = detail === INVALID && { errors: ERRORS };
  return {
    kind: body.type.split(':').at(-1)!,
    example: { ...body, request_id: REQUEST_ID, ...errors },
  };
}

/**
 * By the kind of the problem, and by what is not found; by the operation too where the kind is there
 * with other words, or where several may be meant.
 */
function nameOf({ operation, status, problems }: Answer, all: Answer[]): string {
  const [{ kind, example }, ...others] = problems;
  const own = pascal(operation.operationId);
  if (others.length > 0) return own + pascal(STATUS_CODES[status]!);
  const [, noun] = /no such (\w+)/.exec(example.detail) ?? [];
  if (noun && kind === 'not-found') return pascal(noun) + pascal(kind);
  const same = all.filter((it) => it.problems.length === 1 && it.problems[0].kind === kind);
  const alike = same.filter((it) => it.problems[0].example.detail === example.detail);
  return alike.length > 1 || same.length === 1 ? pascal(kind) : own + pascal(kind);
}

function pascal(name: string): string {
  return name.replaceAll(/(?:^|[ -])(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function responseOf(status: number, problems: Answer['problems']): object {
  const [{ example }, ...others] = problems;
  const description = problems.map(({ kind, example: { detail } }) => `- \`${kind}\`: ${detail}`);
  const examples = problems.map(({ kind, example: value }) => [kind, { value }] as const);
  const schema = { $ref: `${SCHEMAS}Problem` };
  const shown = others.length > 0 ? { examples: Object.fromEntries(examples) } : { example };
  return {
    description: others.length > 0 ? description.join('\n') : example.detail,
    ...(HEADERS[status] && { headers: HEADERS[status] }),
    content: { 'application/problem+json': { schema, ...shown } },
  };
}

function header(type: string, example: unknown, description: string): object {
  return { description, schema: { type }, example };
}

import type { OpenAPIObject } from '@nestjs/swagger';
import { DeadTokenError } from './auth/auth.errors.js';
import { exampleProblem, frameworkDetail } from './common/problem.js';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
type Response = {
  description: string;
  content?: Record<string, unknown>;
  headers?: Record<string, unknown>;
};
type Schema = {
  format?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  properties?: Record<string, Schema>;
  required?: string[];
};

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;
const REQUEST_ID = '019ab3c1-6f3e-7c52-b1d6-3f2f8d1c9a10';
const INVALID = 'The request has invalid fields; `errors` says what to change in each.';
const DEAD_TOKEN = new DeadTokenError().message;
const TOO_MANY = 'You are sending too many requests. Try again in 30 s.';
const OUTAGE =
  'The server is overloaded, shutting down or without its database. Try again shortly.';

const HEADERS: Record<string, Response['headers']> = {
  401: { 'WWW-Authenticate': header('string', 'Bearer realm="conclave"') },
  429: { 'Retry-After': header('integer', 30) },
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
  const schemas = (document.components?.schemas ?? {}) as Record<string, Schema>;
  for (const path of Object.values(document.paths)) {
    for (const method of METHODS) {
      if (path[method]) describeOperation(path[method], method !== 'get', schemas);
    }
  }
}

function describeOperation(
  operation: Operation,
  readsBody: boolean,
  schemas: Record<string, Schema>,
): void {
  const responses = operation.responses as Record<string, Response | undefined>;
  for (const [status, description] of Object.entries(sharedProblems(operation, readsBody))) {
    responses[status] ??= { description };
  }
  const input = inputOf(operation, schemas);
  for (const [status, response] of Object.entries(responses)) {
    if (response && Number(status) >= 400) describe(Number(status), response, input);
  }
}

/** @param readsBody whether a body is read, even where the operation takes none */
function sharedProblems(
  { parameters = [], requestBody, security, tags }: Operation,
  readsBody: boolean,
): Record<string, string> {
  const takesInput = requestBody || parameters.length > 0;
  const hasPathParameter = parameters.some((it) => 'in' in it && it.in === 'path');
  return {
    ...(readsBody && { 400: frameworkDetail(400) }),
    ...(takesInput && { 400: INVALID }),
    ...(security?.length && { 401: DEAD_TOKEN }),
    ...(hasPathParameter && { 414: frameworkDetail(414) }),
    ...(readsBody && { 413: frameworkDetail(413), 415: frameworkDetail(415) }),
    ...(!tags?.includes('health') && { 429: TOO_MANY, 503: OUTAGE }),
  };
}

function describe(status: number, response: Response, input: Field[]): void {
  const example = {
    ...exampleProblem(status, response.description),
    request_id: REQUEST_ID,
    ...(response.description === INVALID && { errors: [exampleFieldError(input)] }),
  };
  const schema = { $ref: '#/components/schemas/ProblemDto' };
  response.content = { 'application/problem+json': { schema, example } };
  if (HEADERS[status]) response.headers = HEADERS[status];
}

interface Field {
  name: string;
  schema: Schema;
  isRequired: boolean;
}

/** What the operation takes, what it needs first. */
function inputOf(
  { parameters = [], requestBody }: Operation,
  schemas: Record<string, Schema>,
): Field[] {
  const content = requestBody && 'content' in requestBody ? requestBody.content : {};
  const reference = (content['application/json']?.schema as { $ref?: string } | undefined)?.$ref;
  const { properties = {}, required = [] } = schemas[reference?.split('/').at(-1) ?? ''] ?? {};
  const fields = [
    ...parameters.flatMap((parameter) =>
      'name' in parameter
        ? { ...parameter, schema: parameter.schema as Schema, isRequired: !!parameter.required }
        : [],
    ),
    ...Object.entries(properties).map(([name, schema]) => {
      return { name, schema, isRequired: required.includes(name) };
    }),
  ];
  return fields.sort((a, b) => Number(b.isRequired) - Number(a.isRequired));
}

function exampleFieldError(input: Field[]): object {
  const [field] = input.filter(({ schema }) => faultOf(schema));
  return field
    ? { field: field.name, messages: [`${field.name} ${faultOf(field.schema)}`] }
    : { field: 'colour', messages: ['colour is not a known field'] };
}

/** What the validators say, by the schema that they leave. */
function faultOf({ format, minLength, maxLength, minimum, maximum }: Schema): string | undefined {
  if (format === 'uuid') return 'must be an id as this API gives them (a lower-case UUID)';
  if (format === 'email') return `must be an e-mail address of at most ${maxLength} characters`;
  if (maxLength !== undefined) return `must be ${minLength} to ${maxLength} characters long`;
  if (maximum !== undefined) return `must be a whole number from ${minimum} to ${maximum}`;
  return undefined;
}

function header(type: string, example: unknown): object {
  return { schema: { type }, example };
}

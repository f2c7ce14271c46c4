import fc, { type Arbitrary } from 'fast-check';
import { type Draw, Fields, type Node, toJson, toText } from './generated-nodes.js';
import type { ApiDocument, Operation } from './openapi-document.js';
import { Values } from './openapi-values.js';

export const ROLES = [
  'anonymous',
  'dead token',
  'erased',
  'stranger',
  'member',
  'admin',
  'owner',
] as const;
export type Role = (typeof ROLES)[number];

/** A request before its live values are drawn. */
export interface Plan {
  operation: Operation;
  role: Role;
  /** Which of the groups of users takes part, and which dead token. */
  pick: number;
  method: string;
  /** Path parameters by name. */
  params: Record<string, Node>;
  /** What is done to the path last, encoded as it is. */
  bend: (path: string) => string;
  /** Encoded when it is sent. */
  query: [name: string, value: Node][];
  /** Put behind the query as it is. */
  queryTail: string;
  body: Node | undefined;
  /** What is done to the body's text last. */
  garble: (json: string) => string | Buffer;
  contentType: string | undefined;
  headers: [name: string, value: string][];
  /** What was done to a valid request. */
  mutations: string[];
}

/** A request as it goes out. */
export interface Sent {
  method: string;
  target: string;
  headers: [name: string, value: string][];
  body: Buffer | undefined;
}

/** These leave little to go on with, so that they are rarer. */
const DESTRUCTIVE = ['logOut', 'eraseMe', 'endOtherSessions', 'changePassword'];

/** A valid request of any operation by any role. */
export function validPlans(document: ApiDocument): Arbitrary<Plan> {
  const values = new Values(document);
  return fc.oneof(
    ...document.operations.map((operation) => ({
      arbitrary: validPlan(operation, values),
      weight: DESTRUCTIVE.includes(operation.operationId) ? 1 : 4,
    })),
  );
}

function validPlan(operation: Operation, values: Values): Arbitrary<Plan> {
  const { operationId, parameters, method, body } = operation;
  const inPath = parameters.filter((it) => it.in === 'path');
  const inQuery = parameters.filter((it) => it.in === 'query');
  return fc.record({
    operation: fc.constant(operation),
    role: operation.needsToken ? roles : fc.constant<Role>('anonymous'),
    pick: fc.nat(9999),
    method: fc.constant(method),
    params: fc.record(
      Object.fromEntries(inPath.map((it) => [it.name, values.of(it.name, it.schema, operationId)])),
    ),
    bend: fc.constant((path: string) => path),
    query: fc
      .tuple(
        ...inQuery.map(({ name, schema, required }) => {
          const given = values.of(name, schema, operationId);
          const pair = given.map((it): Plan['query'] => [[name, it]]);
          return required ? pair : fc.oneof(pair, fc.constant<Plan['query']>([]));
        }),
      )
      .map((pairs) => pairs.flat()),
    queryTail: fc.constant(''),
    body: body ? values.body(operation) : fc.constant(undefined),
    garble: fc.constant((json: string) => json),
    contentType: fc.constant(body && 'application/json'),
    headers: fc.constant<Plan['headers']>([]),
    mutations: fc.constant<string[]>([]),
  });
}

const roles = fc.oneof(
  { arbitrary: fc.constantFrom<Role>('anonymous', 'dead token', 'erased'), weight: 1 },
  { arbitrary: fc.constantFrom<Role>('stranger', 'member', 'admin', 'owner', 'owner'), weight: 9 },
);

/** @param token the caller's, unless nobody calls */
export function send(plan: Plan, draw: Draw, token: string | undefined): Sent {
  const body = bodyOf(plan, draw);
  const headers: Sent['headers'] = [
    ...(token === undefined ? [] : [['Authorization', `Bearer ${token}`] as [string, string]]),
    ...(plan.contentType === undefined
      ? []
      : [['Content-Type', plan.contentType] as [string, string]]),
    ...plan.headers,
  ];
  return { method: plan.method, target: targetOf(plan, draw), headers, body };
}

function targetOf({ operation, params, bend, query, queryTail }: Plan, draw: Draw): string {
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encode(toText(params[name], draw)),
  );
  const pairs = query.map(([name, value]) => `${encode(name)}=${encode(toText(value, draw))}`);
  const all = [...pairs, ...(queryTail ? [queryTail] : [])].join('&');
  return bend(path) + (all && `?${all}`);
}

/** Half a surrogate pair has no encoding; it goes out as UTF-8 would have it, were it one. */
function encode(text: string): string {
  return text.isWellFormed() ? encodeURIComponent(text) : '%ED%A0%80';
}

function bodyOf({ body, garble }: Plan, draw: Draw): Buffer | undefined {
  if (body === undefined) return undefined;
  const text = garble(toJson(body, draw));
  return typeof text === 'string' ? Buffer.from(text) : text;
}

/** The fields of the body, where it is an object. */
export function fieldsOf({ body }: Plan): Fields['entries'] {
  return body instanceof Fields ? body.entries : [];
}

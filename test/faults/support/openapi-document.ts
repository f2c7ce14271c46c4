import { readFileSync } from 'node:fs';

export interface Schema {
  $ref?: string;
  allOf?: Schema[];
  anyOf?: Schema[];
  type?: string | string[];
  format?: string;
  const?: unknown;
  enum?: unknown[];
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  properties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  required?: string[];
  items?: Schema;
}

export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required?: boolean;
  schema: Schema;
}

export interface Response {
  $ref?: string;
  headers?: Record<string, { schema: Schema }>;
  content?: Record<string, { schema?: Schema }>;
}

export interface Operation {
  operationId: string;
  /** Upper case. */
  method: string;
  /** With its parameters in braces. */
  path: string;
  /** Its parts; a parameter in braces. */
  segments: string[];
  parameters: Parameter[];
  /** The schema of the JSON body. */
  body?: Schema;
  needsBody: boolean;
  responses: Record<string, Response>;
  needsToken: boolean;
}

interface Described {
  operationId: string;
  parameters?: Parameter[];
  requestBody?: { required?: boolean; content: Record<string, { schema: Schema }> };
  responses: Record<string, Response>;
  security?: unknown[];
}

interface OpenApi {
  paths: Record<string, Record<string, Described>>;
  components: { schemas: Record<string, Schema>; responses: Record<string, Response> };
}

/** The OpenAPI document as the tests read it. */
export class ApiDocument {
  readonly operations: Operation[];
  readonly schemas: Record<string, Schema>;

  constructor(file = 'docs/openapi.json') {
    const { paths, components } = JSON.parse(readFileSync(file, 'utf8')) as OpenApi;
    this.schemas = components.schemas;
    this.operations = Object.entries(paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, described]) => operationOf(method, path, described)),
    );
    for (const { responses } of this.operations) {
      for (const [status, { $ref }] of Object.entries(responses)) {
        if ($ref) responses[status] = components.responses[$ref.split('/').at(-1)!];
      }
    }
  }

  resolve(schema: Schema): Schema {
    const reference = schema.$ref ?? schema.allOf?.[0].$ref;
    return reference ? this.schemas[reference.split('/').at(-1)!] : schema;
  }

  /**
   * The operation that a request addresses: by segments, a fixed one before a parameter, a trailing
   * slash ignored, percent-encoding undone after the split.
   *
   * @param target the request target, as it goes out
   */
  find(method: string, target: string): { operation: Operation; isOdd: boolean } | undefined {
    const segments = segmentsOf(pathOf(target));
    if (!segments) return undefined;
    const candidates = this.operations
      .filter((it) => it.method === (method === 'HEAD' ? 'GET' : method))
      .filter((it) => matches(it.segments, segments));
    const fixed = (it: Operation): number => it.path.split('{').length;
    const [operation] = candidates.sort((a, b) => fixed(a) - fixed(b));
    return operation && { operation, isOdd: segments.includes('') };
  }
}

function operationOf(method: string, path: string, described: Described): Operation {
  const { operationId, parameters = [], requestBody, responses, security } = described;
  return {
    operationId,
    method: method.toUpperCase(),
    path,
    segments: segmentsOf(path)!,
    parameters,
    body: requestBody?.content['application/json']?.schema,
    needsBody: requestBody?.required ?? false,
    responses,
    needsToken: (security ?? []).length > 0,
  };
}

export function pathOf(target: string): string {
  return target.replace(/^https?:\/\/[^/]*/, '').split(/[?#]/, 1)[0];
}

/** Decoded; `undefined` where they cannot be. */
function segmentsOf(path: string): string[] | undefined {
  try {
    const trimmed = path.length > 1 ? path.replace(/\/$/, '') : path;
    return trimmed.slice(1).split('/').map(decodeURIComponent);
  } catch {
    return undefined;
  }
}

function matches(template: string[], segments: string[]): boolean {
  return (
    template.length === segments.length &&
    template.every((part, index) => part.startsWith('{') || part === segments[index])
  );
}

import { inspect } from 'node:util';
import type { ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormatsModule from 'ajv-formats';
import type { ApiDocument, Operation, Response, Schema } from './openapi-document.js';
import type { Received } from './generated-send.js';

const addFormats = addFormatsModule as unknown as typeof addFormatsModule.default;

const PROBLEM = 'application/problem+json';
const PROBLEM_SCHEMA: Schema = { $ref: '#/components/schemas/Problem' };
const MOST_SHOWN = 300;

/** Checks answers, and bodies, by the document: what it does not name must not be there. */
export class Contract {
  private readonly ajv = new Ajv2020({ strict: false, allErrors: false });
  private readonly compiled = new Map<Schema, ValidateFunction>();

  constructor(document: ApiDocument) {
    addFormats(this.ajv);
    const schemas = Object.entries(document.schemas).map(([name, it]) => [name, closed(it)]);
    this.ajv.addSchema({ $id: 'openapi', components: { schemas: Object.fromEntries(schemas) } });
  }

  /** What the value does not fit the schema by. */
  faults(schema: Schema, value: unknown): string[] {
    const validate = this.validator(schema);
    if (validate(value)) return [];
    return [`${this.ajv.errorsText(validate.errors)}: ${inspect(value).slice(0, MOST_SHOWN)}`];
  }

  /** What is wrong with an answer of the operation. */
  answerFaults({ responses }: Operation, answer: Received, isHead: boolean): string[] {
    const response = responses[answer.status];
    if (!response) return [`status ${answer.status} is not documented`];
    return [
      ...this.headerFaults(response, answer),
      ...this.contentFaults(response, answer, isHead),
    ];
  }

  /** What is wrong with an error, whatever it is an answer to. */
  problemFaults({ status, headers, body }: Received): string[] {
    if (mediaType(headers['content-type']) !== PROBLEM) {
      return [`content type ${headers['content-type']}`];
    }
    const problem = parsed(body) as { status?: number; request_id?: string } | undefined;
    if (!problem) return ['a problem that is not JSON'];
    return [
      ...this.faults(PROBLEM_SCHEMA, problem),
      ...(problem.status === status ? [] : [`status ${problem.status} in the body`]),
      ...(problem.request_id === headers['x-request-id'] ? [] : ['another request_id']),
    ];
  }

  private headerFaults({ headers = {} }: Response, answer: Received): string[] {
    return Object.entries(headers).flatMap(([name, { schema }]) => {
      const value = answer.headers[name.toLowerCase()];
      if (value === undefined) return [`header ${name} is missing`];
      const isNumber = schema.type === 'integer' && /^\d+$/.test(String(value));
      return this.faults(schema, isNumber ? Number(value) : value);
    });
  }

  private contentFaults({ content }: Response, answer: Received, isHead: boolean): string[] {
    const { headers, body } = answer;
    const type = mediaType(headers['content-type']);
    if (!content) {
      const isEmpty = body.length === 0 && type === undefined;
      return isEmpty ? [] : [`no body is documented: ${type}, ${body.length} bytes`];
    }
    const media = content[type ?? ''];
    if (!media) return [`content type ${type} is not documented`];
    if (isHead) return body.length === 0 ? [] : ['a body to HEAD'];
    if (!media.schema || !/[/+]json$/.test(type!)) return [];
    const value = parsed(body);
    return value === undefined ? ['not JSON'] : this.faults(media.schema, value);
  }

  private validator(schema: Schema): ValidateFunction {
    const known = this.compiled.get(schema) ?? this.ajv.compile(withRoot(schema));
    this.compiled.set(schema, known);
    return known;
  }
}

/** No field but those that are named. */
function closed(schema: Schema): Schema {
  return schema.properties ? { additionalProperties: false, ...schema } : schema;
}

/** References within the document, from outside of it. */
function withRoot(schema: Schema): Schema {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"openapi#/')) as Schema;
}

export function mediaType(header: string | undefined): string | undefined {
  return header?.split(';')[0].trim().toLowerCase();
}

export function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString().replace(/^\ufeff/, ''));
  } catch {
    return undefined;
  }
}

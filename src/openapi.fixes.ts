import { STATUS_CODES } from 'node:http';
import type { OpenAPIObject } from '@nestjs/swagger';
import { operationsOf } from './openapi.problems.js';

interface Schema {
  type?: string | string[];
  format?: string;
  example?: unknown;
  items?: Schema;
  properties?: Record<string, Schema>;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Written with their slash, as they have always been; it is optional. */
const SLASHED = ['/chat', '/message', '/users'];

/**
 * What the generator cannot know: every number here is whole, what looks like an id is one, and what
 * is called `…_at` is a time.
 */
export function fixDocument(document: OpenAPIObject): void {
  const paths = Object.entries(document.paths);
  document.paths = Object.fromEntries(
    paths.map(([path, item]) => [SLASHED.includes(path) ? `${path}/` : path, item]),
  );
  for (const schema of Object.values(document.components?.schemas ?? {}))
    fixSchema(schema as Schema);
  for (const operation of operationsOf(document)) {
    operation.security ??= []; // open to everyone, in so many words
    for (const parameter of operation.parameters ?? []) fixParameter(parameter);
    for (const [status, response] of Object.entries(operation.responses)) {
      if (response && 'description' in response) response.description ||= STATUS_CODES[status]!;
    }
  }
}

function fixParameter(parameter: object): void {
  const { in: place, name, schema } = parameter as { in?: string; name?: string; schema?: Schema };
  if (place === 'path' && schema?.type === 'string' && /(^|_)id$/.test(name!))
    schema.format = 'uuid';
}

function fixSchema(schema: Schema, name = ''): void {
  if (schema.type === 'number') schema.type = 'integer';
  if (Array.isArray(schema.type)) {
    schema.type = schema.type.map((type) => (type === 'number' ? 'integer' : type));
  }
  // The id of a request may be one that the client chose.
  const isId = typeof schema.example === 'string' && UUID.test(schema.example);
  if (isId && name !== 'request_id') schema.format = 'uuid';
  if (name.endsWith('_at')) schema.format = 'date-time';
  for (const [key, field] of Object.entries(schema.properties ?? {})) fixSchema(field, key);
  if (schema.items) fixSchema(schema.items);
}

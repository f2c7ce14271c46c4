import { STATUS_CODES } from 'node:http';
import type { OpenAPIObject } from '@nestjs/swagger';
import { ROLES } from '../chat/member.entity.js';
import { operationsOf, type Schema } from './document.js';
import { SCHEMAS } from './schema-names.js';

interface Parameter {
  in?: string;
  name?: string;
  explode?: boolean;
  schema?: Schema;
  description?: string;
  example?: unknown;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const ENUMS = { Role: ROLES, Visibility: ['public', 'private', 'direct'] };
/** Written with their slash, as they have always been; it is optional. */
const SLASHED = ['/attachment', '/chat', '/message', '/users'];
const PATH_PARAMETERS: Record<string, { description: string; example: string | number }> = {
  attachment_id: {
    description: 'Id of an attachment.',
    example: '019ab3c1-7a4e-7e21-a0c5-9d8e7f6a5b41',
  },
  n: { description: 'Number of the part, 1 for the first.', example: 1 },
  chat_id: { description: 'Id of a room.', example: '019ab3c1-6a10-7d3e-9b61-0c2d4e6f8a12' },
  emoji: { description: 'One emoji, percent-encoded.', example: '👍' },
  message_id: { description: 'Id of a message.', example: '019ab3c1-6f3e-7c52-b1d6-3f2f8d1c9a10' },
  session_id: {
    description: 'Id of a session of yours, as `GET /userauth/sessions` lists them.',
    example: '019ab3c1-5d2f-7f10-a2b3-c4d5e6f70819',
  },
  user_id: { description: 'Id of a user.', example: '019ab3c1-5d2b-7a41-8f0e-5b7c9d1e2f30' },
};

/**
 * What the generator cannot know: every number here is whole, what looks like an id is one, and what
 * is called `…_at` is a time. And what other generators trip over.
 */
export function fixDocument(document: OpenAPIObject): void {
  const paths = Object.entries(document.paths);
  document.paths = Object.fromEntries(
    paths.map(([path, item]) => [SLASHED.includes(path) ? `${path}/` : path, item]),
  );
  const schemas = (document.components!.schemas ??= {}) as Record<string, Schema>;
  for (const schema of Object.values(schemas)) fixSchema(schema);
  for (const [name, values] of Object.entries(ENUMS))
    schemas[name] = { type: 'string', enum: [...values] };
  for (const operation of operationsOf(document)) {
    operation.security ??= []; // open to everyone, in so many words
    for (const parameter of operation.parameters ?? []) fixParameter(parameter as Parameter);
    for (const [status, response] of Object.entries(operation.responses)) {
      if (response && 'description' in response) response.description ||= STATUS_CODES[status]!;
    }
  }
}

function fixParameter(parameter: Parameter): void {
  const { in: place, name = '', schema } = parameter;
  if (schema?.type === 'array') parameter.explode = false; // with commas between them
  if (place !== 'path') return;
  if (schema?.type === 'string' && /(^|_)id$/.test(name)) schema.format = 'uuid';
  const known = PATH_PARAMETERS[name];
  parameter.description ??= known?.description;
  parameter.example ??= schema?.example ?? known?.example;
}

function fixSchema(schema: Schema, name = ''): void {
  // Who generates types takes a field with a default for one that is always there.
  delete schema.default;
  if (schema.type === 'number') schema.type = 'integer';
  if (Array.isArray(schema.type)) {
    schema.type = schema.type.map((type) => (type === 'number' ? 'integer' : type));
  }
  // The id of a request may be one that the client chose.
  const isId = typeof schema.example === 'string' && UUID.test(schema.example);
  if (isId && name !== 'request_id') schema.format = 'uuid';
  if (name.endsWith('_at')) schema.format = 'date-time';
  nameEnum(schema);
  for (const [key, field] of Object.entries(schema.properties ?? {})) fixSchema(field, key);
  if (schema.items) fixSchema(schema.items);
}

/** Those that stand in many places have a name; and few who read an enum expect `null` in it. */
function nameEnum(schema: Schema): void {
  if (!schema.enum) return;
  const { enum: values, type, ...rest } = schema;
  const strings = values.filter((value) => value !== null);
  const [name] = Object.entries(ENUMS).find(([, it]) => isSame(it, strings)) ?? [];
  const one = name ? { $ref: SCHEMAS + name } : { type: 'string', enum: strings };
  if (strings.length < values.length) Object.assign(rest, { anyOf: [one, { type: 'null' }] });
  else Object.assign(rest, name ? one : { type, enum: values });
  delete schema.enum;
  delete schema.type;
  Object.assign(schema, rest);
}

function isSame(some: readonly string[], others: unknown[]): boolean {
  return some.length === others.length && some.every((it) => others.includes(it));
}

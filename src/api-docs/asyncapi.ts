import type { Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { VERSION } from '../config/version.js';
import { SocketProblemDto, TypeDto } from '../realtime/realtime-event.dto.js';
import type { Schema } from './document.js';
import { EVENT_PAYLOADS, HEARD } from './event-payloads.js';
import { exampleOf } from './openapi-examples.js';
import { fixDocument } from './openapi-fixes.js';
import { nameProblemTypes } from './openapi-problems.js';
import { nameSchemas, schemaName, SCHEMAS } from './schema-names.js';

type Example = NonNullable<(typeof HEARD)['typing']['example']>;

interface Address {
  protocol: string;
  /** A name or an address, and the port. */
  host: string;
}

/** By the name; `reset` is for streams of one room. */
const ON_STREAMS = Object.keys(HEARD);
const ON_SOCKETS = ON_STREAMS.filter((name) => name !== 'reset');

const DESCRIPTION = `What happens in your rooms, as it happens, over Socket.IO or as server-sent events.

Connect with socket.io-client, transport \`websocket\` alone and \`auth: { token }\`, the access token;
or \`GET /events\` with the header \`Authorization\`. Events go to members of the room, after the
commit; \`user.updated\` to all who share a room of up to 100 members with the user. Nothing in them
depends on who reads it.`;

const SECURITY_SCHEMES = {
  token: {
    type: 'apiKey',
    in: 'user',
    description: 'The access token, in the handshake of Socket.IO: `auth: { token }`',
  },
  bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
};

/** What the document is of a server at another address. */
export function atAddress(document: object, { protocol, host }: Address): object {
  return { ...document, servers: servers({ protocol, host }) };
}

/** The AsyncAPI 3 document of the events. */
export function createEventsDocument(app: NestFastifyApplication): object {
  const schemas = schemasOf(app);
  const messages: Record<string, object> = {
    type: messageOf('typing', TypeDto, 'Its user is typing', schemas),
    typeAnswer: typeAnswer(),
  };
  for (const [name, { payload, summary, example }] of Object.entries(HEARD)) {
    messages[name] = messageOf(name, payload, summary, schemas, example);
  }
  return {
    asyncapi: '3.0.0',
    info: { title: 'Conclave events', version: VERSION, description: DESCRIPTION },
    defaultContentType: 'application/json',
    servers: servers({ protocol: 'http', host: 'localhost:3000' }),
    channels: channels(),
    operations: operations(),
    components: { messages, schemas: toJsonSchema(schemas), securitySchemes: SECURITY_SCHEMES },
  };
}

/** Where the events come from, and what is asked for there. */
function servers({ protocol, host }: Address): object {
  const scheme = (name: string): object[] => [{ $ref: `#/components/securitySchemes/${name}` }];
  return {
    socket: { host, protocol: protocol === 'https' ? 'wss' : 'ws', security: scheme('token') },
    http: { host, protocol, security: scheme('bearer') },
  };
}

function channels(): object {
  return {
    socket: {
      address: '/socket.io',
      title: 'Socket.IO, namespace /',
      servers: [{ $ref: '#/servers/socket' }],
      messages: referencesTo([...ON_SOCKETS, 'type', 'typeAnswer']),
    },
    events: {
      address: '/events',
      title: 'Server-sent events',
      servers: [{ $ref: '#/servers/http' }],
      messages: referencesTo(ON_STREAMS),
    },
  };
}

function operations(): object {
  return {
    hearOnSocket: operation('send', 'socket', ON_SOCKETS),
    hearOnEvents: operation('send', 'events', ON_STREAMS),
    type: {
      ...operation('receive', 'socket', ['type']),
      reply: {
        channel: { $ref: '#/channels/socket' },
        messages: [{ $ref: '#/channels/socket/messages/typeAnswer' }],
      },
    },
  };
}

/** Those of the payloads, and of what they are made of; what says which event it is stands first. */
function schemasOf(app: NestFastifyApplication): Record<string, Schema> {
  const payloads = [...EVENT_PAYLOADS, TypeDto, SocketProblemDto];
  const document = SwaggerModule.createDocument(
    app,
    new DocumentBuilder().setOpenAPIVersion('3.1.0').build(),
    {
      extraModels: payloads,
      include: [class NoController {}],
    },
  );
  nameSchemas(document);
  fixDocument(document);
  const schemas = document.components!.schemas as Record<string, Schema>;
  nameProblemTypes(schemas);
  return schemas;
}

/** @param own what this event has in place of what the example of its payload has */
function messageOf(
  name: string,
  payload: Type<object>,
  summary: string,
  schemas: Record<string, Schema>,
  own: Example = {},
): object {
  const $ref = SCHEMAS + schemaName(payload.name);
  const example = exampleOf({ $ref }, schemas) as Example;
  const types = schemas[schemaName(payload.name)].properties?.type?.enum ?? [];
  const type = types.length > 0 && { type: name };
  const message = example.message && { message: { ...example.message, ...own.message } };
  return {
    name,
    summary,
    payload:
      types.length > 1
        ? { allOf: [{ $ref }, { properties: { type: { const: name } } }] }
        : { $ref },
    examples: [{ payload: Object.assign({}, type, { ...example, ...own, ...message }, type) }],
  };
}

function typeAnswer(): object {
  return {
    name: 'typing',
    summary: 'The acknowledgement of `typing`, if asked for: null where all is well',
    payload: { oneOf: [{ type: 'null' }, { $ref: '#/components/schemas/SocketProblem' }] },
    examples: [{ payload: null }],
  };
}

function referencesTo(names: string[]): object {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/messages/${name}` }]));
}

function operation(action: 'send' | 'receive', channel: string, names: string[]): object {
  const messages = names.map((name) => ({ $ref: `#/channels/${channel}/messages/${name}` }));
  return { action, channel: { $ref: `#/channels/${channel}` }, messages };
}

/** `example` is OpenAPI's; JSON Schema has `examples`. What can be one thing alone is a constant. */
function toJsonSchema(schemas: object): unknown {
  return JSON.parse(JSON.stringify(schemas), (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    const { example, enum: values, ...rest } = value as Schema;
    return {
      ...rest,
      ...(values && (values.length === 1 ? { const: values[0] } : { enum: values })),
      ...(example !== undefined && { examples: [example] }),
    };
  });
}

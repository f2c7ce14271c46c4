import type { Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import {
  ChatDeletedDto,
  ChatUpdatedDto,
  MemberChangedDto,
  ReadChangedDto,
} from './chat/chat-event.dto.js';
import type { RoomEventName } from './events/events.js';
import { MessageChangedDto, ReactionChangedDto } from './message/message-event.dto.js';
import { exampleOf, type Schema } from './openapi.examples.js';
import { fixDocument } from './openapi.fixes.js';
import { ReadyDto, SocketProblemDto, TypeDto, TypingDto } from './realtime/realtime.dto.js';

interface Heard {
  payload: Type<object>;
  summary: string;
}

/** Every event that clients hear, and what it carries. */
const HEARD: Record<RoomEventName | 'ready', Heard> = {
  'message.created': { payload: MessageChangedDto, summary: 'A message was sent' },
  'message.updated': { payload: MessageChangedDto, summary: 'A message was edited' },
  'message.deleted': { payload: MessageChangedDto, summary: 'A message was deleted' },
  'reaction.changed': {
    payload: ReactionChangedDto,
    summary: 'A reaction was given or taken back',
  },
  'chat.updated': {
    payload: ChatUpdatedDto,
    summary: 'A room was renamed, or who sees it changed',
  },
  'chat.deleted': { payload: ChatDeletedDto, summary: 'A room exists no more' },
  'member.changed': { payload: MemberChangedDto, summary: 'Somebody came, went, or changed roles' },
  'read.changed': { payload: ReadChangedDto, summary: 'A member has read further' },
  typing: { payload: TypingDto, summary: 'Somebody is typing' },
  ready: { payload: ReadyDto, summary: 'Events may have been missed: call POST /sync' },
};

const DESCRIPTION = `What happens in your rooms, as it happens, over Socket.IO or as server-sent events.

Connect with socket.io-client, transport \`websocket\` alone and \`auth: { token }\`, the access token;
or \`GET /events\` with the header \`Authorization\`. Events go to members of the room, after the
commit. Nothing in them depends on who reads it.`;

/** Where they come from, and what is asked for there. */
const SERVERS = {
  socket: {
    host: 'localhost:3000',
    protocol: 'ws',
    security: [{ $ref: '#/components/securitySchemes/token' }],
  },
  http: {
    host: 'localhost:3000',
    protocol: 'http',
    security: [{ $ref: '#/components/securitySchemes/bearer' }],
  },
};
const SECURITY_SCHEMES = {
  token: {
    type: 'apiKey',
    in: 'user',
    description: 'The access token, in the handshake of Socket.IO: `auth: { token }`',
  },
  bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
};

/** The AsyncAPI 3 document of the events. */
export function createEventsDocument(app: NestFastifyApplication): object {
  const schemas = schemasOf(app);
  const messages: Record<string, object> = {
    type: messageOf('typing', TypeDto, 'Its user is typing', schemas),
    typeAnswer: typeAnswer(),
  };
  for (const [name, { payload, summary }] of Object.entries(HEARD)) {
    messages[name] = messageOf(name, payload, summary, schemas);
  }
  return {
    asyncapi: '3.0.0',
    info: { title: 'Conclave events', version: '1.0.0', description: DESCRIPTION },
    defaultContentType: 'application/json',
    servers: SERVERS,
    channels: channels(),
    operations: operations(),
    components: { messages, schemas: toJsonSchema(schemas), securitySchemes: SECURITY_SCHEMES },
  };
}

function channels(): object {
  return {
    socket: {
      address: '/socket.io',
      title: 'Socket.IO, namespace /',
      servers: [{ $ref: '#/servers/socket' }],
      messages: referencesTo([...Object.keys(HEARD), 'type', 'typeAnswer']),
    },
    events: {
      address: '/events',
      title: 'Server-sent events',
      servers: [{ $ref: '#/servers/http' }],
      messages: referencesTo(Object.keys(HEARD)),
    },
  };
}

function operations(): object {
  return {
    hearOnSocket: operation('send', 'socket', Object.keys(HEARD)),
    hearOnEvents: operation('send', 'events', Object.keys(HEARD)),
    type: {
      ...operation('receive', 'socket', ['type']),
      reply: {
        channel: { $ref: '#/channels/socket' },
        messages: [{ $ref: '#/channels/socket/messages/typeAnswer' }],
      },
    },
  };
}

/** Those of the payloads, and of what they are made of. */
function schemasOf(app: NestFastifyApplication): Record<string, Schema> {
  const heard = Object.values(HEARD).map(({ payload }) => payload);
  const payloads = [...heard, TypeDto, SocketProblemDto];
  const document = SwaggerModule.createDocument(
    app,
    new DocumentBuilder().setOpenAPIVersion('3.1.0').build(),
    {
      extraModels: payloads,
      include: [class NoController {}],
    },
  );
  fixDocument(document);
  return document.components!.schemas as Record<string, Schema>;
}

function messageOf(
  name: string,
  payload: Type<object>,
  summary: string,
  schemas: Record<string, Schema>,
): object {
  const $ref = `#/components/schemas/${payload.name}`;
  return {
    name,
    summary,
    payload: { $ref },
    examples: [{ payload: exampleOf({ $ref }, schemas) }],
  };
}

function typeAnswer(): object {
  return {
    name: 'typing',
    summary: 'The acknowledgement of `typing`, if asked for: null where all is well',
    payload: { oneOf: [{ type: 'null' }, { $ref: '#/components/schemas/SocketProblemDto' }] },
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

/** `example` is OpenAPI's; JSON Schema has `examples`. */
function toJsonSchema(schemas: object): unknown {
  return JSON.parse(JSON.stringify(schemas), (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null || !('example' in value)) return value;
    const { example, ...rest } = value;
    return { ...rest, examples: [example] };
  });
}

import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import formats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventsDocument as document, faultsOf } from '../support/event-schemas.js';
import { Client } from '../support/client.js';
import { askRaw } from '../support/raw-request.js';
import { ServerProcess } from '../support/server-process.js';
import { TestDatabase } from '../support/test-database.js';

let database: TestDatabase;
let server: ServerProcess;
beforeAll(async () => {
  database = await TestDatabase.create();
  server = await ServerProcess.start({ ...database.environment, TRUST_PROXY: '1' });
});
afterAll(async () => {
  await ServerProcess.killAll();
  await database.drop();
});

const messages = Object.entries<{
  name: string;
  payload: { $ref: string };
  examples: { payload: unknown }[];
}>(document.components.messages);

/** The names as the type RoomEventName has them. */
function roomEventNames(): string[] {
  const source = readFileSync('src/events/events.ts', 'utf8');
  const [, union] = /type RoomEventName =([^;]+);/.exec(source)!;
  return [...union.matchAll(/'([^']+)'/g)].map(([, name]) => name);
}

/** Every object within, the document itself too. */
function* objectsIn(value: unknown): Generator<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield value as Record<string, unknown>;
  for (const part of Object.values(value)) yield* objectsIn(part);
}

describe('the AsyncAPI document', () => {
  it('is the one that the server serves', async () => {
    const { status, body } = await new Client(server.url).get('/asyncapi.json');
    expect(status).toBe(200);
    const { servers } = document;
    const outdated = 'docs/asyncapi.json is out of date: run `npm run openapi`';
    expect({ ...body, servers }, outdated).toEqual(document);
  });

  it('names the server by the address that it was asked at', async () => {
    const hostsAt = async (host: string, header = 'X-A: b'): Promise<string[]> => {
      const text = `GET /asyncapi.json HTTP/1.1\r\nHost: ${host}\r\n${header}\r\nConnection: close\r\n\r\n`;
      const { body } = await askRaw(server.url, text);
      const { socket, http } = body.servers;
      return [socket.protocol, socket.host, http.protocol, http.host];
    };
    expect(await hostsAt('localhost:1234')).toEqual([
      'ws',
      'localhost:1234',
      'http',
      'localhost:1234',
    ]);
    expect(await hostsAt('[::1]')).toEqual(['ws', '[::1]', 'http', '[::1]']);
    const behindProxy = await hostsAt('localhost', 'X-Forwarded-Proto: https');
    expect(behindProxy).toEqual(['wss', 'localhost', 'https', 'localhost']);
  });

  it('gives examples that are true of their events', () => {
    const payloadOf = (name: string) => document.components.messages[name].examples[0].payload;
    const { message: created } = payloadOf('message.created');
    const { message: updated } = payloadOf('message.updated');
    const { message: deleted } = payloadOf('message.deleted');
    expect(created).toMatchObject({ reactions: [], edited_at: null, deleted_at: null });
    expect(updated).toMatchObject({ edited_at: expect.any(String), deleted_at: null });
    expect(deleted).toMatchObject({ message: null, reactions: [], deleted_at: expect.any(String) });
    const { message: reactedTo, emoji } = payloadOf('reaction.changed');
    expect(reactedTo.reactions).toEqual([{ emoji, count: 1 }]);
    for (const { chat_id, change, message, chat } of Object.keys(
      document.channels.events.messages,
    ).map(payloadOf)) {
      if (message) expect(message).toMatchObject({ chat_id, change, client_id: null });
      if (chat) expect(chat).toMatchObject({ id: chat_id, last_change: change });
    }
  });

  it('is valid AsyncAPI 3.0.0', () => {
    const path = 'node_modules/@asyncapi/specs/schemas/3.0.0-without-$id.json';
    const ajv = new Ajv({ strict: false, allErrors: true });
    formats.default(ajv);
    const validate = ajv.compile(JSON.parse(readFileSync(path, 'utf8')));
    validate(document);
    expect(validate.errors ?? []).toEqual([]);
    expect(validate({ ...document, info: {} }), 'a schema that refuses nothing').toBe(false);
  });

  it('names every event that clients hear, and no other', () => {
    const heard = [...roomEventNames(), 'user.updated', 'ready'].sort();
    const names = [...heard, 'reset'].sort();
    expect(names.length).toBeGreaterThan(5);
    const { socket, events } = document.channels;
    expect(Object.keys(events.messages).sort()).toEqual(names);
    const all = [...names, 'type', 'typeAnswer'].sort();
    expect(Object.keys(socket.messages).sort()).toEqual([...heard, 'type', 'typeAnswer'].sort());
    expect(messages.map(([name]) => name).sort()).toEqual(all);
  });

  it.each(messages)('gives an example of %s that fits its schema', (name, { examples }) => {
    expect(examples).toHaveLength(1);
    expect(faultsOf(name, examples[0].payload)).toEqual([]);
  });

  it.each(messages.filter(([name]) => !/^type/.test(name)))(
    'begins what %s brings with its name, and allows no other',
    (name, { examples: [{ payload }] }) => {
      expect(Object.entries(payload as object)[0]).toEqual(['type', name]);
      for (const type of ['message.seen', undefined]) {
        expect(faultsOf(name, { ...(payload as object), type })).not.toEqual([]);
      }
    },
  );

  it('says where the events come from, and what a token is needed for', () => {
    const { servers, channels, components } = document;
    for (const { servers: where } of Object.values<{ servers: unknown[] }>(channels)) {
      expect(where).toHaveLength(1);
    }
    const schemes = Object.keys(components.securitySchemes);
    const used = Object.values<{ security: { $ref: string }[] }>(servers).flatMap(({ security }) =>
      security.map(({ $ref }) => $ref.split('/').at(-1)),
    );
    expect(used.sort()).toEqual(schemes.sort());
  });

  it('knows the answer to `typing`', () => {
    const { reply } = document.operations.type;
    expect(reply.messages).toEqual([{ $ref: '#/channels/socket/messages/typeAnswer' }]);
    expect(faultsOf('typeAnswer', null)).toEqual([]);
    const problem = {
      type: 'urn:conclave:problem:not-found',
      title: 'x',
      status: 404,
      detail: 'x',
    };
    expect(faultsOf('typeAnswer', problem)).toEqual([]);
    expect(faultsOf('typeAnswer', {})).not.toEqual([]);
  });

  it('refers to nothing that is not there', () => {
    const references = [...objectsIn(document)].flatMap(({ $ref }) =>
      typeof $ref === 'string' ? [$ref] : [],
    );
    expect(references.length).toBeGreaterThan(20);
    for (const reference of references) {
      const path = reference.slice(2).split('/');
      const target = path.reduce<unknown>((at, key) => Object(at)[key], document);
      expect(target, reference).toBeDefined();
    }
  });

  it('is JSON Schema within, without the words of OpenAPI', () => {
    const words = new Set([...objectsIn(document.components.schemas)].flatMap(Object.keys));
    expect(words).toContain('examples');
    expect(words).not.toContain('nullable');
    expect(words).not.toContain('example');
    const { message } = document.components.schemas.SharedMessage.properties;
    expect(message.type).toEqual(['string', 'null']);
  });

  it('shows nothing that depends on who reads it', () => {
    const { SharedChat, SharedReaction } = document.components.schemas;
    const fields = Object.keys({ ...SharedChat.properties, ...SharedReaction.properties });
    for (const own of ['me', 'role', 'read_seq', 'unread_count', 'peer']) {
      expect(fields).not.toContain(own);
    }
  });
});

import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import openapiTypescript, { astToString } from 'openapi-typescript';
import { describe, expect, it } from 'vitest';
import { PROBLEM_TYPES } from '../../src/http/problem.js';
import { eventsDocument } from '../support/event-schemas.js';

interface Node {
  $ref?: string;
  default?: unknown;
  enum?: unknown[];
  description?: string;
  example?: unknown;
  in?: string;
  name?: string;
}

const document = JSON.parse(readFileSync('docs/openapi.json', 'utf8'));
const { schemas, responses } = document.components;

/** Every object in a value, and where it stands. */
function* nodesIn(value: unknown, path = ''): Generator<[path: string, node: Node]> {
  if (typeof value !== 'object' || value === null) return;
  yield [path, value];
  for (const [key, part] of Object.entries(value)) yield* nodesIn(part, `${path}/${key}`);
}

const pathsWhere = (value: unknown, is: (node: Node) => unknown): string[] =>
  [...nodesIn(value)].filter(([, node]) => is(node)).map(([path]) => path);

describe('those who generate types from the OpenAPI document', () => {
  it('find no default in a body, which they would take for a field that is always there', () => {
    expect(pathsWhere(schemas, (it) => 'default' in it)).toEqual([]);
  });

  it('find no null among the values of an enum', () => {
    expect(pathsWhere(document, (it) => it.enum?.includes(null))).toEqual([]);
    const anyOf = [{ $ref: '#/components/schemas/Role' }, { type: 'null' }];
    expect(schemas.Chat.properties.role).toMatchObject({ anyOf });
    expect(schemas.Role.enum.toSorted()).toEqual(['admin', 'member', 'owner']);
  });

  it('find an example and a description of every parameter in a path', () => {
    const inPath = [...nodesIn(document.paths)].filter(([, { in: place }]) => place === 'path');
    expect(inPath.length).toBeGreaterThan(10);
    const lacking = inPath.filter(([, it]) => !it.example || !it.description);
    expect(lacking.map(([path]) => path)).toEqual([]);
  });

  it('find each error once, under a name, and their types in a closed list', () => {
    const inlined = [...nodesIn(document.paths)].filter(
      ([path, node]) => /\/responses\/[45]\d\d$/.test(path) && !node.$ref,
    );
    expect(inlined.map(([path]) => path)).toEqual([]);
    expect(Object.keys(responses)).toContain('ChatNotFound');
    expect(schemas.ProblemType.enum).toEqual(PROBLEM_TYPES);
    expect(schemas.Problem.properties.type).toEqual({ $ref: '#/components/schemas/ProblemType' });
  });

  it('find what each operation is for', () => {
    const operations = [...nodesIn(document.paths)].filter(([, it]) => 'operationId' in it);
    expect(operations.length).toBeGreaterThan(30);
    expect(operations.filter(([, it]) => !it.description).map(([path]) => path)).toEqual([]);
  });

  it('find schemas that are named for what they are', () => {
    expect(Object.keys(schemas).filter((name) => /dto$/i.test(name))).toEqual([]);
    expect(Object.keys(eventsDocument.components.schemas).filter((it) => /dto/i.test(it))).toEqual(
      [],
    );
    expect(JSON.stringify([document, eventsDocument])).not.toMatch(/Dto\b/);
  });

  it('find the payload of every event', () => {
    const { mapping } = schemas.ServerEvent.discriminator;
    expect(Object.keys(mapping)).toEqual(Object.keys(eventsDocument.channels.events.messages));
    for (const [name, $ref] of Object.entries<string>(mapping)) {
      expect(schemas[$ref.split('/').at(-1)!].properties.type.enum).toContain(name);
    }
    const { responses, description } = document.paths['/events'].get;
    const { schema } = responses[200].content['text/event-stream'];
    expect(schema).toEqual({ $ref: '#/components/schemas/ServerEvent' });
    expect(description).toContain('"Try it out" is not for');
  });

  it('find what belongs together under one tag, that of operators last', () => {
    const tags = document.tags.map(({ name }: { name: string }) => name);
    expect(tags.indexOf('realtime')).toBe(tags.indexOf('sync') + 1);
    expect(tags.at(-1)).toBe('health');
    expect(document.paths['/sync'].post.tags).toEqual(['sync']);
  });
});

const [, typedSocket] = /^```ts\n([^]*?)^```$/m.exec(readFileSync('docs/realtime.md', 'utf8'))!;

/** What a frontend would write with the types; each `@ts-expect-error` is one that has to be. */
const USE = `
import { io, type Socket } from 'socket.io-client';
import type { components, paths } from './api.js';

${typedSocket}
socket.on('message.created', ({ message }) => message.message?.trim());
socket.on('member.changed', ({ member }) => member.user.fname);
// @ts-expect-error it has no message
socket.on('typing', ({ message }) => message);

type Schemas = components['schemas'];
type Body = paths['/sync']['post']['requestBody'];
export const nothing: Body = undefined;
export const sync: Schemas['SyncRequest'] = { rooms: {} };
export const room: Schemas['CreateChat'] = { chat_name: 'Engine room' };
export const message: Schemas['SendMessage'] = { chatid: 'x', message: 'x', client_id: null };
// @ts-expect-error it is called chatid here
export const misnamed: Schemas['SendMessage'] = { chat_id: 'x', message: 'x' };

export function roleOf(chat: Schemas['Chat']): 'owner' | 'admin' | 'member' | 'nobody' {
  return chat.role ?? 'nobody';
}

export function textOf(event: Schemas['ServerEvent']): string | null {
  switch (event.type) {
    case 'message.created':
    case 'message.updated':
      return event.message.message;
    case 'member.changed':
      return event.member.user.fname;
    case 'ready':
      // @ts-expect-error it has no room
      return event.chat_id;
    default:
      return null;
  }
}

export function isTaken({ type }: Schemas['Problem']): boolean {
  // @ts-expect-error there is no such problem
  if (type === 'urn:conclave:problem:conflict') return false;
  return type === 'urn:conclave:problem:email-taken';
}
`;

const TSC = resolve('node_modules/typescript/bin/tsc');

describe('openapi-typescript', () => {
  it('makes types that compile, and that say what is so', { timeout: 60_000 }, async () => {
    const folder = mkdtempSync(resolve('node_modules/.types-')); // where socket.io-client is found
    const ast = await openapiTypescript(structuredClone(document), { silent: true });
    writeFileSync(join(folder, 'api.ts'), astToString(ast));
    writeFileSync(join(folder, 'use.ts'), USE);
    const compilerOptions = { strict: true, noEmit: true, skipLibCheck: true, module: 'nodenext' };
    const config = { compilerOptions, files: ['use.ts'] };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const tsc = await promisify(execFile)(process.execPath, [TSC, '-p', folder]).catch(
      ({ stdout }: { stdout: string }) => ({ stdout }),
    );
    rmSync(folder, { recursive: true });
    expect(tsc.stdout).toBe('');
  });
});

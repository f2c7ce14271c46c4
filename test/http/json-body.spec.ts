import { type FastifyInstance, type FastifyRequest, fastify } from 'fastify';
import { beforeAll, describe, expect, it } from 'vitest';
import { acceptOnlyJson } from '../../src/http/json-body.js';
import type { RequestBodies } from '../../src/http/request-bodies.js';

type Parse = (request: FastifyRequest, payload: unknown, done: Done) => void;
type Done = (error: Error | null, body?: unknown) => void;

/** What is sent, and the parser that reads it. */
let bytes: Buffer;
let parse: Parse;

beforeAll(() => {
  const real = fastify();
  const instance = {
    getDefaultJsonParser: real.getDefaultJsonParser.bind(real),
    removeAllContentTypeParsers: () => undefined,
    addContentTypeParser: (_type: string, parser: Parse) => (parse = parser),
  };
  const read = (_raw: unknown, _limit: number, give: Done): void => give(null, bytes);
  acceptOnlyJson(instance as unknown as FastifyInstance, { read } as unknown as RequestBodies);
});

function bodyOf(sent: string | Buffer): Promise<unknown> {
  bytes = Buffer.from(sent as string);
  return new Promise((resolve, reject) => {
    parse({} as FastifyRequest, undefined, (error, body) => {
      if (error) reject(error);
      else resolve(body);
    });
  });
}

const malformed = expect.objectContaining({ statusCode: 400 }) as unknown;
const objects = (depth: number): string => '{"a":'.repeat(depth) + '1' + '}'.repeat(depth);
const lists = (depth: number): string => `{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;

describe('a body', () => {
  it('is an object, or none', async () => {
    expect(await bodyOf('{"a":[1,null,"x"]}')).toEqual({ a: [1, null, 'x'] });
    expect(await bodyOf('')).toBeUndefined();
  });

  it.each(['[]', '1', 'null', '"x"', 'true', '{', '{"__proto__":{}}', '{"a":1}{}'])(
    'is not %s',
    async (text) => {
      await expect(bodyOf(text)).rejects.toEqual(malformed);
    },
  );

  it('is UTF-8', async () => {
    const broken = Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]);
    await expect(bodyOf(broken)).rejects.toEqual(malformed);
  });

  it.each([
    ['objects', objects],
    ['lists', lists],
  ])('nests eight deep and no deeper: %s', async (_what, nested) => {
    expect(await bodyOf(nested(8))).toEqual(JSON.parse(nested(8)));
    for (const depth of [9, 8000]) {
      await expect(bodyOf(nested(depth))).rejects.toEqual(malformed);
    }
  });
});

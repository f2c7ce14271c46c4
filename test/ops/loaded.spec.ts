import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ServerProcess } from '../support/server-process.js';
import { TestDatabase } from '../support/test-database.js';

let database: TestDatabase;
/** What a server that nobody has asked for anything has loaded of packages written in CommonJS. */
let loaded: string;

beforeAll(async () => {
  database = await TestDatabase.create();
  const server = await ServerProcess.start({
    ...database.environment,
    PASSWORD_BLOCKLIST: 'on',
    NODE_OPTIONS: `--import=${resolve('test/support/print-loaded.mjs')}`,
  });
  await server.stop();
  loaded = server.output;
});

afterAll(async () => {
  await ServerProcess.killAll();
  await database.drop();
});

it('lists what a server has loaded', () => {
  expect(loaded).toContain('/node_modules/typeorm/index.js');
});

it.each([
  '@fastify/send',
  '@redis/client',
  '@zxcvbn-ts/language-common',
  'sharp',
  'swagger-ui-dist',
])('waits for somebody who needs it: %s', (name) =>
  expect(loaded).not.toContain(`/node_modules/${name}/`),
);

it.each([
  'ajv',
  'class-validator/cjs/index.js',
  'fast-json-stringify/index.js',
  'libphonenumber-js',
])('does without %s, which a package that it needs would load', (name) =>
  expect(loaded).not.toContain(`/node_modules/${name}`),
);

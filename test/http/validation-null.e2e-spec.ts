import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXCHANGE_SECRET } from '../support/exchange-token.js';
import { TestApp, type TestUser } from '../support/test-app.js';

interface Schema {
  type?: string | string[];
  properties?: Record<string, Schema>;
}

interface Field {
  method: string;
  path: string;
  field: string;
  mayBeNull: boolean;
}

const document = JSON.parse(readFileSync('docs/openapi.json', 'utf8'));
const MAY_BE_NULL = [
  'PATCH /userauth/me fname',
  'PATCH /userauth/me lname',
  'PATCH /userauth/me profile',
  'POST /attachment/ client_id',
  'POST /attachment/ content_type',
  'POST /message/ client_id',
  'POST /message/ reply_to',
  'POST /userauth/userSignup fname',
  'POST /userauth/userSignup lname',
  'POST /userauth/userSignup profile',
];

/** Every field of every JSON body that the document knows of. */
const fields = Object.entries<Record<string, { requestBody?: object }>>(document.paths).flatMap(
  ([path, operations]) =>
    Object.entries(operations).flatMap(([method, { requestBody }]): Field[] =>
      Object.entries(propertiesOf(requestBody)).map(([field, { type }]) => ({
        method: method.toUpperCase(),
        path,
        field,
        mayBeNull: type?.includes('null') ?? false,
      })),
    ),
);

function propertiesOf(requestBody: object = {}): Record<string, Schema> {
  const { content } = requestBody as { content?: Record<string, { schema: { $ref: string } }> };
  const name = content?.['application/json']?.schema.$ref.split('/').at(-1);
  return name === undefined ? {} : document.components.schemas[name].properties;
}

let app: TestApp;
let user: TestUser;
beforeAll(async () => {
  app = await TestApp.start({ EXCHANGE_SECRET });
  user = await app.givenUser();
});
afterAll(() => app.stop());

/** Names of the fields that a body is refused for. */
async function refused({ method, path }: Field, body: object): Promise<string[]> {
  const real = path.replaceAll(/\{\w+\}/g, () => randomUUID());
  const answer = await user.client.request(method, real, body);
  const errors: { field: string }[] = answer.body?.errors ?? [];
  return errors.map(({ field }) => field);
}

describe('null', () => {
  it('may stand where the contract says so', () => {
    const names = fields.filter(({ mayBeNull }) => mayBeNull);
    expect(names.map(({ method, path, field }) => `${method} ${path} ${field}`).sort()).toEqual(
      MAY_BE_NULL,
    );
  });

  it.each(fields)('is taken or refused as documented: $method $path $field', async (field) => {
    const isRefused = (await refused(field, { [field.field]: null })).includes(field.field);
    expect(isRefused).toBe(!field.mayBeNull);
  });
});

describe('an empty text', () => {
  it.each(['fname', 'lname', 'profile'])('is none to tell of oneself: %s', async (field) => {
    expect((await user.client.patch('/userauth/me', { [field]: '' })).status).toBe(400);
    const signUp = { email: `${randomUUID()}@example.org`, password: 'long enough', [field]: '' };
    expect((await app.anonymous.post('/userauth/userSignup', signUp)).status).toBe(400);
  });
});

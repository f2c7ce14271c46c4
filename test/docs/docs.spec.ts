import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client } from '../support/client.js';
import { EXCHANGE_SECRET, signToken } from '../support/exchange-token.js';
import { ServerProcess } from '../support/server-process.js';
import { TestDatabase } from '../support/test-database.js';

interface Media {
  example?: unknown;
  examples?: Record<string, { value: unknown }>;
}

interface Content {
  content?: Record<string, Media>;
}

interface Problem {
  type: string;
  status: number;
  request_id: string;
  errors: { field: string; messages: string[] }[];
}

interface Operation {
  method: string;
  path: string;
  operationId: string;
  summary?: string;
  tags?: string[];
  security?: unknown[];
  requestBody?: Content & { required?: boolean };
  responses: Record<string, Content & { $ref?: string; description?: string }>;
}

const document = JSON.parse(readFileSync('docs/openapi.json', 'utf8'));
const operations = Object.entries<Record<string, Omit<Operation, 'method' | 'path'>>>(
  document.paths,
).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]): Operation => {
    const responses = Object.entries(operation.responses).map(([status, response]) => {
      const name = response.$ref?.split('/').at(-1);
      return [status, name ? document.components.responses[name] : response];
    });
    const resolved = { responses: Object.fromEntries(responses) };
    return { ...operation, ...resolved, method: method.toUpperCase(), path };
  }),
);

const jsonOf = (holder: Content | undefined): Media[] =>
  Object.entries(holder?.content ?? {})
    .filter(([type]) => type.endsWith('json'))
    .map(([, media]) => media);

/** The operations that are as described, by name. */
const named = (is: (operation: Operation) => unknown): [string, Operation][] =>
  operations.filter(is).map((it) => [`${it.method} ${it.path}`, it]);
const namesWhere = (is: (operation: Operation) => unknown): string[] =>
  named(is).map(([name]) => name);

/** Nothing listens there: what goes out all the same comes to nothing. */
const NO_NETWORK = { HTTP_PROXY: 'http://127.0.0.1:9', HTTPS_PROXY: 'http://127.0.0.1:9' };

let database: TestDatabase;
let server: ServerProcess;
let anonymous: Client;
beforeAll(async () => {
  database = await TestDatabase.create();
  server = await ServerProcess.start({ ...database.environment, EXCHANGE_SECRET });
  anonymous = new Client(server.url);
});
afterAll(async () => {
  await ServerProcess.killAll();
  await database?.drop();
});

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

describe('the OpenAPI document', () => {
  it('is the one that the server serves', async () => {
    const { body } = await anonymous.get('/openapi.json');
    expect(body, 'docs/openapi.json is out of date: run `npm run openapi`').toEqual(document);
  });

  it('is OpenAPI 3.1, which has no `nullable`', () => {
    const text = document.components.schemas.Message.properties.message;
    expect(document.openapi).toMatch(/^3\.1\.\d+$/);
    expect(JSON.stringify(document)).not.toContain('"nullable":');
    expect(text.type).toEqual(['string', 'null']);
  });

  it('names every operation once and says what it does, where it belongs and what it answers', () => {
    const ids = operations.map(({ operationId }) => operationId);
    const tags = document.tags.map((tag: { name: string }) => tag.name);
    expect(new Set(ids).size).toBe(ids.length);
    expect(namesWhere(({ summary }) => !summary)).toEqual([]);
    expect(namesWhere((it) => !it.tags?.every((tag) => tags.includes(tag)))).toEqual([]);
    expect(
      namesWhere(({ responses }) => {
        const successes = Object.keys(responses).filter((status) => status.startsWith('2'));
        return successes.length === 0 || successes.some((it) => !responses[it].description);
      }),
    ).toEqual([]);
  });

  it('has an example for every JSON body and every error', () => {
    const lacksExample = ({ example, examples }: Media): boolean =>
      example === undefined && examples === undefined;
    expect(
      namesWhere(({ requestBody, responses }) =>
        [requestBody, ...Object.values(responses)].flatMap(jsonOf).some(lacksExample),
      ),
    ).toEqual([]);
    expect(
      namesWhere(({ responses }) =>
        Object.entries(responses).some(([status, { content }]) => {
          const { example, examples = {} } = content?.['application/problem+json'] ?? {};
          const shown = [...Object.values(examples).map(({ value }) => value), example];
          const statuses = (shown as (Problem | undefined)[]).map((it) => it?.status);
          const others = statuses.filter((it) => it !== undefined && it !== Number(status));
          return Number(status) >= 400 && (others.length > 0 || !statuses.some(Boolean));
        }),
      ),
    ).toEqual([]);
  });

  it('asks for a token on exactly the routes that the server asks for one', async () => {
    const params = (path: string): string => path.replaceAll(/\{\w+\}/g, randomUUID());
    const unasked = await Promise.all(
      named(() => true).map(async ([name, { method, path, responses }]) => {
        const { status, body } = await anonymous.request(method, params(path));
        if (status !== 401) return [];
        const example = jsonOf(responses[401])[0]?.example as Problem;
        expect({ ...body, request_id: example.request_id }, name).toEqual(example);
        return [name];
      }),
    );
    const askedFor = new Set(operations.map(({ security }) => JSON.stringify(security)));
    expect([...askedFor].sort()).toEqual(['[]', '[{"bearer":[]}]']);
    expect(namesWhere(({ security }) => security!.length > 0)).toEqual(unasked.flat());
    expect(unasked.flat()).toContain('POST /message/');
  });

  it('lets a client choose the id of a request, which need be no UUID', async () => {
    const own = { 'x-request-id': 'mine:1' };
    const { body } = await anonymous.request('GET', '/nope', undefined, own);
    const { request_id } = document.components.schemas.Problem.properties;
    expect([body.request_id, request_id.format]).toEqual(['mine:1', undefined]);
  });

  it('passes the linter without a warning', { timeout: 180_000 }, async () => {
    const lint = await promisify(execFile)(
      process.execPath,
      ['node_modules/@redocly/cli/bin/cli.js', 'lint', '--format=json', 'docs/openapi.json'],
      { env: { PATH: process.env.PATH, REDOCLY_TELEMETRY: 'off', ...NO_NETWORK } },
    ); // rejects on an exit code other than 0
    const { totals } = JSON.parse(lint.stdout.slice(lint.stdout.indexOf('{')));
    expect(totals).toMatchObject({ errors: 0, warnings: 0 });
  });
});

describe('the examples', () => {
  /** Sends the example body of every operation that has one, each as an account of its own. */
  const bodies = named(({ requestBody }) => jsonOf(requestBody).length > 0);

  it.each(bodies)('are taken by %s', async (_, operation) => {
    const account = await givenAccount();
    const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => account.ids[name]);
    const [{ example }] = jsonOf(operation.requestBody) as [{ example: object }];
    const isNew = operation.operationId === 'signUp';
    const values: Account['ids'] = {
      ...account.ids,
      token: signToken(),
      email: isNew ? `${randomUUID()}@example.org` : account.email,
    };
    const body = Object.fromEntries(
      Object.entries(example).map(([key, value]) => [key, values[key] ?? value]),
    );
    const answer = await account.client.request(operation.method, path, body);
    const documented = Object.keys(operation.responses).filter((status) => status.startsWith('2'));
    expect(documented, JSON.stringify(answer.body)).toContain(String(answer.status));
    const [media] = jsonOf(operation.responses[answer.status]);
    const [shape, shown] = [
      shapeOf(answer.body, media?.example),
      shapeOf(media?.example, answer.body),
    ];
    expect(shape, 'the fields answered').toEqual(shown);
  });

  const optional = named(({ requestBody }) => requestBody?.required === false);

  it.each(optional)('may be left out of %s', async (_, operation) => {
    const { client, ids } = await givenAccount();
    const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name]);
    const { status } = await client.request(operation.method, path);
    expect(status).toBe(200);
  });

  const problemOf = ({ responses }: Operation): Problem =>
    jsonOf(responses[400])[0]?.example as Problem;
  const refusing = named((it) => problemOf(it)?.errors);
  const unreading = named((it) => it.responses[400] && !problemOf(it).errors);

  it.each(unreading)('of a body that cannot be read are what %s answers', async (_, operation) => {
    const { client } = await givenAccount();
    const answer = await client.request(operation.method, operation.path, 'x');
    const example = problemOf(operation);
    expect({ ...answer.body, request_id: example.request_id }).toEqual(example);
  });

  it.each(refusing)('of errors are what %s answers', async (_, operation) => {
    const { client } = await givenAccount();
    const path = operation.path.replaceAll(/\{(\w+)\}/g, 'x');
    const answer = await client.request(
      operation.method,
      operation.requestBody ? path : `${path}?colour=red`,
      operation.requestBody && { colour: 'red' },
    );
    const { request_id, errors } = answer.body; // a new one each time, and what is wrong here
    expect(errors.length).toBeGreaterThan(0);
    expect(answer.body).toEqual({ ...problemOf(operation), request_id, errors });
  });

  it('of an unknown field are word for word what is answered', async () => {
    const { client } = await givenAccount();
    const body = { chat_name: 'Engine room', colour: 'red' };
    const answer = await client.post('/chat/', body);
    const { request_id } = answer.body;
    const { InvalidInput } = document.components.responses;
    expect(answer.body).toEqual({ ...(jsonOf(InvalidInput)[0].example as Problem), request_id });
  });

  it('sign up and log in word for word', async () => {
    const exampleOf = (id: string): unknown =>
      jsonOf(operations.find(({ operationId }) => operationId === id)!.requestBody)[0].example;
    const signedUp = await anonymous.post('/userauth/userSignup', exampleOf('signUp'));
    const loggedIn = await anonymous.post('/userauth/userLogin', exampleOf('logIn'));
    expect([signedUp.status, loggedIn.status]).toEqual([201, 200]);
  });

  /** `ids`: real values for whatever names a thing in a path or a body. */
  type Account = { client: Client; email: string; ids: Record<string, string> };

  async function signUp(): Promise<Account> {
    const { example } = jsonOf(document.paths['/userauth/userSignup'].post.requestBody)[0];
    const email = `${randomUUID()}@example.org`;
    const account = { ...(example as object), email };
    const { body } = await anonymous.post('/userauth/userSignup', account);
    const ids = { user_id: body.user.id, refresh_token: body.refresh_token };
    return { client: new Client(server.url, body.access_token), email, ids };
  }

  /** Signed in, with a room and a message in it, and with somebody else to name, who answers. */
  async function givenAccount(): Promise<Account> {
    const [{ client, email, ids }, other] = await Promise.all([signUp(), signUp()]);
    const chat = await client.post('/chat/', { chat_name: 'Room' });
    const message = await client.post('/message/', { chatid: chat.body.id, message: 'hello' });
    await other.client.post('/message/', { chatid: chat.body.id, message: 'hello too' });
    const chats = { chat_id: chat.body.id, chatid: chat.body.id };
    const messages = { message_id: message.body.id, reply_to: message.body.id };
    const file = { chat_id: chat.body.id, file_name: 'a.txt', size: 1 };
    const attachment = await client.post('/attachment/', file);
    const attachments = { attachment_id: attachment.body.id };
    const others = { user_id: other.ids.user_id, emoji: encodeURIComponent('👍') };
    return { client, email, ids: { ...ids, ...chats, ...messages, ...attachments, ...others } };
  }

  /** The names of the fields, at every depth but in lists, which may be empty. */
  /** @param other what it is compared with: an object may be null there */
  function shapeOf(value: unknown, other: unknown): unknown {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (!isObject || other === null) return 'a value';
    const name = (key: string): string => (UUID.test(key) ? 'an id' : key);
    const fieldOf = (key: string): unknown => (other as Record<string, unknown> | undefined)?.[key];
    return Object.fromEntries(
      Object.entries(value).map(([key, field]) => [name(key), shapeOf(field, fieldOf(key))]),
    );
  }
});

describe('Swagger UI', () => {
  it('is where / leads to, with and without a slash', async () => {
    const root = await anonymous.get('/');
    expect([root.status, root.headers.get('location')]).toEqual([302, '/docs']);
    for (const path of ['/docs', '/docs/']) {
      const page = await fetch(server.url + path);
      const html = await page.text();
      const links = [...html.matchAll(/(?:src|href)="(\.[^"]+)"/g)].map(([, link]) => link);
      const files = links.map((link) => new URL(link, page.url));
      const loaded = await Promise.all(
        files.map((file) => fetch(file).then(({ status }) => status)),
      );
      expect(files.map(({ pathname }) => pathname)).toContain('/docs/try-it-out.js');
      expect(files.length).toBeGreaterThan(3);
      expect([page.status, ...new Set(loaded)], path).toEqual([200, 200]);
    }
  });

  it('runs under a policy that allows no inline script', async () => {
    const { headers } = await anonymous.get('/docs');
    const policy = headers.get('content-security-policy') ?? '';
    const scripts = /(?:^|;)\s*script-src ([^;]+)/.exec(policy)?.[1];
    expect(scripts?.trim()).toBe("'self'");
  });
});

import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectProblem } from '../support/expect-problem.js';
import { TestApp } from '../support/test-app.js';

const { version } = JSON.parse(readFileSync('package.json', 'utf8'));

describe('GET /server', () => {
  let app: TestApp;
  beforeAll(async () => (app = await TestApp.start()));
  afterAll(() => app.stop());

  it('tells everybody what the server offers', async () => {
    const { status, body } = await app.anonymous.get('/server');
    expect([status, body]).toEqual([
      200,
      {
        version,
        sign_up: 'open',
        password_log_in: true,
        exchange: false,
        attachments: { max_bytes: 104_857_600 },
        search: true,
      },
    ]);
  });

  it('names the version that the documents name', async () => {
    for (const name of ['openapi', 'asyncapi']) {
      expect((await app.anonymous.get(`/${name}.json`)).body.info.version).toBe(version);
    }
  });
});

describe('DOCS=off', () => {
  it('takes the documents and Swagger UI away, and nothing else', async () => {
    const app = await TestApp.start({ DOCS: 'off' });
    const paths = ['/docs', '/docs/', '/docs/index.html', '/docs/swagger-ui.css', '/openapi.json'];
    paths.push('/docs-json', '/docs-yaml', '/openapi.yaml', '/asyncapi.json', '/');
    for (const path of paths) {
      expectProblem(await app.anonymous.get(path), 404, 'unknown-route');
    }
    expect((await app.anonymous.get('/health/live')).status).toBe(200);
    const { client } = await app.givenUser();
    expect((await client.get('/chat/')).status).toBe(200);
    await app.stop();
  });
});

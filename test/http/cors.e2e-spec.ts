import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestApp } from '../support/test-app.js';

const ORIGIN = 'https://chat.example.org';
const EXPOSED = [
  'Retry-After',
  'RateLimit-Limit',
  'RateLimit-Remaining',
  'RateLimit-Reset',
  'X-Request-Id',
  'WWW-Authenticate',
  'Content-Range',
  'Content-Disposition',
  'ETag',
];
const ALLOWED = [
  'authorization',
  'content-type',
  'if-none-match',
  'last-event-id',
  'range',
  'x-request-id',
];

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start({ CORS_ORIGINS: ORIGIN });
});
afterAll(() => app.stop());

const listOf = (headers: Headers, name: string): string[] =>
  (headers.get(name) ?? '').split(', ').map((item) => item.trim());

const preflight = (origin: string, method: string): Promise<{ status: number; headers: Headers }> =>
  app.anonymous.request('OPTIONS', '/message/', undefined, {
    origin,
    'access-control-request-method': method,
    'access-control-request-headers': ALLOWED.join(','),
  });

describe('an allowed origin', () => {
  it.each(['/health/live', '/chat/', '/nope'])(
    'may read what is told in headers: %s',
    async (path) => {
      const { headers } = await app.anonymous.request('GET', path, undefined, { origin: ORIGIN });
      expect(headers.get('access-control-allow-origin')).toBe(ORIGIN);
      expect(listOf(headers, 'access-control-expose-headers').sort()).toEqual([...EXPOSED].sort());
    },
  );

  it.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])(
    'may send what is asked for: %s',
    async (method) => {
      const { status, headers } = await preflight(ORIGIN, method);
      expect(status).toBe(204);
      expect(headers.get('access-control-allow-origin')).toBe(ORIGIN);
      expect(listOf(headers, 'access-control-allow-methods')).toContain(method);
      const allowed = (headers.get('access-control-allow-headers') ?? '')
        .toLowerCase()
        .split(/, */);
      expect(allowed).toEqual(expect.arrayContaining(ALLOWED));
    },
  );
});

describe('another origin', () => {
  it('is allowed nothing', async () => {
    const other = 'https://evil.example.org';
    for (const { headers } of [
      await preflight(other, 'GET'),
      await app.anonymous.request('GET', '/health/live', undefined, { origin: other }),
    ]) {
      expect(headers.get('access-control-allow-origin')).toBeNull();
    }
  });
});

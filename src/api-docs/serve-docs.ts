import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { sendFile } from '../http/send-file.js';

const SWAGGER_UI = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
const OURS = dirname(fileURLToPath(import.meta.url));

/** What the page asks for, and where it lies. */
const FILES = {
  'swagger-ui.css': SWAGGER_UI,
  'swagger-ui-bundle.js': SWAGGER_UI,
  'swagger-ui-standalone-preset.js': SWAGGER_UI,
  'favicon-16x16.png': SWAGGER_UI,
  'favicon-32x32.png': SWAGGER_UI,
  'try-it-out.js': OURS,
};

/** Where nothing else is at /. */
export function leadToDocs(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.get('/', (_request, reply) => reply.redirect('/docs'));
}

/**
 * Swagger UI at /docs, the documents at /openapi.json and /asyncapi.json. What makes and sends them is loaded for who asks first: set up by Nest it takes 3 MiB from the start.
 */
export function serveDocs(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  const page = readFileSync(new URL('page.html', import.meta.url), 'utf8');
  for (const path of ['/docs', '/docs/index.html']) {
    fastify.get(path, ({ url }, reply) => {
      const folder = /docs(\?|$)/.test(url) ? './docs' : '.';
      return reply.type('text/html; charset=utf-8').send(page.replaceAll('{folder}', folder));
    });
  }
  for (const [name, root] of Object.entries(FILES)) {
    fastify.get(`/docs/${name}`, (request, reply) => sendFile(request, reply, { name, root }));
  }
  let openapi: object | undefined;
  fastify.get('/openapi.json', async () => {
    const { createDocument } = await import('./openapi.js');
    return (openapi ??= createDocument(app));
  });
  let events: object | undefined;
  fastify.get('/asyncapi.json', async (request) => {
    const { atAddress, createEventsDocument } = await import('./asyncapi.js');
    return atAddress((events ??= createEventsDocument(app)), request);
  });
}

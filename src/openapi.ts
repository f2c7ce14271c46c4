import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { createEventsDocument } from './asyncapi.js';
import { ProblemDto } from './common/problem.dto.js';
import { addExamples } from './openapi.examples.js';
import { fixDocument } from './openapi.fixes.js';
import { describeProblems } from './openapi.problems.js';

const DESCRIPTION = `Rooms and messages for your frontend; every message is sealed at rest under its own key.

1. Sign up (or log in) and copy the \`access_token\` of the answer.
2. Press **Authorize** and paste it.
3. Make a room with \`POST /chat/\` and copy its \`id\`: the ids in the examples exist nowhere.
4. Send with \`POST /message/\`, the room's id as \`chatid\`; read with \`GET /message/\`.

Ids are UUIDs, times RFC 3339 in UTC, lists \`{data, has_more}\`, errors
\`application/problem+json\` (RFC 9457). A trailing slash is optional on every path. What
cannot be read as HTTP is a 400, too large headers are a 431, and what takes too long to arrive is
a 408, whatever it asks for. Events over Socket.IO are described by [AsyncAPI](/asyncapi.json).`;

/** The OpenAPI 3.1 document of the running application. */
export function createDocument(app: NestFastifyApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Conclave')
    .setDescription(DESCRIPTION)
    .setVersion('1.0.0')
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer('/', 'this server')
    .addTag('userauth', 'Accounts and sessions')
    .addTag('users', 'Other people')
    .addTag('chat', 'Rooms')
    .addTag('message', 'Messages')
    .addTag('realtime', 'Events as they happen')
    .addTag('health', 'For operators')
    .addBearerAuth({
      type: 'http',
      scheme: 'bearer',
      bearerFormat: 'JWT',
      description: 'The `access_token` of a sign-up or log-in, without the word Bearer.',
    })
    .build();
  const document = SwaggerModule.createDocument(app, config, {
    extraModels: [ProblemDto],
    operationIdFactory: (_controller, method) => method,
  });
  fixDocument(document);
  describeProblems(document);
  addExamples(document);
  return document;
}

/** Swagger UI at /docs, the documents at /openapi.json and /asyncapi.json, and a way there from /. */
export function serveDocs(app: NestFastifyApplication): void {
  SwaggerModule.setup('docs', app, () => createDocument(app), {
    jsonDocumentUrl: 'openapi.json',
    raw: ['json'],
    customSiteTitle: 'Conclave API',
    swaggerOptions: {
      persistAuthorization: true,
      displayRequestDuration: true,
      defaultModelsExpandDepth: 0,
    },
  });
  const fastify = app.getHttpAdapter().getInstance();
  fastify.get('/', (_request, reply) => reply.redirect('/docs'));
  let events: object | undefined;
  fastify.get('/asyncapi.json', (_request, reply) =>
    reply.send((events ??= createEventsDocument(app))),
  );
}

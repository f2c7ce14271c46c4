import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { VERSION } from '../config/version.js';
import { ProblemDto } from '../http/problem.dto.js';
import { anyEvent, EVENT_PAYLOADS } from './event-payloads.js';
import type { Schema } from './document.js';
import { addExamples } from './openapi-examples.js';
import { fixDocument } from './openapi-fixes.js';
import { describeProblems, nameProblemTypes } from './openapi-problems.js';
import { nameSchemas } from './schema-names.js';

const DESCRIPTION = `Rooms and messages for your frontend; every message is sealed at rest under its own key.

1. Sign up with \`POST /userauth/userSignup\`, or log in, and send the \`access_token\` of the answer as
   \`Authorization: Bearer …\` from then on.
2. Make a room with \`POST /chat/\`.
3. Send with \`POST /message/\`, the room's id as \`chatid\`, and read with \`GET /message/\`.

On the page \`/docs\` press **Execute** in each: it uses the tokens that an answer brings, and in place of the
ids of the examples, which exist nowhere, it sends those that it has seen last. At sign-up it makes the e-mail
of the example a new one.

Ids are UUIDs, times RFC 3339 in UTC, lists \`{data, has_more}\`, errors
\`application/problem+json\` (RFC 9457). A trailing slash is optional on every path. What
cannot be read as HTTP is a 400, too large headers are a 431, and what takes too long to arrive is
a 408, a body with a \`Content-Encoding\` is a 415, and a \`Host\` by which the server does not go is a
421, whatever it asks for. Events over Socket.IO are described by [AsyncAPI](/asyncapi.json).`;

/** The OpenAPI 3.1 document of the running application. */
export function createDocument(app: NestFastifyApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Conclave')
    .setDescription(DESCRIPTION)
    .setVersion(VERSION)
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer('/', 'this server')
    .addTag('userauth', 'Accounts and sessions')
    .addTag('users', 'Other people')
    .addTag('chat', 'Rooms')
    .addTag('message', 'Messages')
    .addTag('attachment', 'Files')
    .addTag('sync', 'Catching up after any absence')
    .addTag('realtime', 'Events as they happen')
    .addTag('server', 'What this server offers')
    .addTag('health', 'For operators')
    .addBearerAuth({
      type: 'http',
      scheme: 'bearer',
      bearerFormat: 'JWT',
      description: 'The `access_token` of a sign-up or log-in, without the word Bearer.',
    })
    .build();
  const document = SwaggerModule.createDocument(app, config, {
    extraModels: [ProblemDto, ...EVENT_PAYLOADS],
    operationIdFactory: (_controller, method) => method,
  });
  nameSchemas(document);
  fixDocument(document);
  const schemas = document.components!.schemas as Record<string, Schema>;
  schemas.ServerEvent = anyEvent();
  nameProblemTypes(schemas);
  describeProblems(document);
  addExamples(document);
  return document;
}

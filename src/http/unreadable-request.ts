import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { Logger } from '@nestjs/common';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger as Pino } from 'pino';
import { newId } from '../crypto/ids.js';
import type { ProblemDto } from './problem.dto.js';
import { sendProblem } from './problem.filter.js';
import { problemOf } from './problem.js';

const STATUS: Record<string, number> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 };
/** The client reads the answer meanwhile; upon a closed socket it might lose it. */
const LINGER_MS = 1000;

/**
 * Refuses what Node would by itself, but as a problem: it answers with nothing but a status to an
 * `Expect` that it does not know, which may as well be left aside. A route that is not there is a
 * 404 whatever the body is.
 */
export function answerClientErrors(fastify: FastifyInstance): void {
  const { server } = fastify;
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
  fastify.addHook('preParsing', ({ is404 }, _reply, _payload, done) => {
    done(is404 ? refusal(404) : null);
  });
}

export function refusal(statusCode: number): Error {
  return Object.assign(new Error('refused'), { statusCode });
}

/** Answers what has a URL that cannot be read: no hook runs for it, so that it is logged here. */
export function refuseUnroutable(log: Pino, answered: (reply: FastifyReply) => void) {
  const logger = new Logger('Fastify');
  return (error: FastifyError, request: FastifyRequest, reply: FastifyReply): void => {
    answered(reply);
    sendProblem(error, request, reply, logger);
    logUnreadable(log, request.id, reply.statusCode, error.code);
  };
}

/** Answers what cannot be read as HTTP: it has no route and no reply, only the socket to write to. */
export function refuseUnreadable(log: Pino) {
  return ({ code = '' }: NodeJS.ErrnoException, socket: Socket): void => {
    // Opened ahead by a browser, which would take the answer for that to its first request.
    if (code === 'ERR_HTTP_REQUEST_TIMEOUT' && socket.bytesRead === 0) return void socket.destroy();
    const { request_id, status } = answerUnreadable(socket, STATUS[code]);
    logUnreadable(log, request_id, status, code);
  };
}

/** Writes a problem, and hangs up. */
export function answerUnreadable(socket: Socket, statusCode = 400): ProblemDto {
  const problem = { ...problemOf({ statusCode }).body, request_id: newId() };
  if (socket.writable) socket.end(answer(problem));
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
  return problem;
}

function logUnreadable(log: Pino, request_id: string, status: number, code: string): void {
  log.info({ event: 'request.unreadable', request_id, status, code });
}

function answer(problem: ProblemDto): string {
  const text = JSON.stringify(problem);
  return [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    'Connection: close',
    'Content-Type: application/problem+json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(text)}`,
    `X-Request-Id: ${problem.request_id}`,
    '',
    text,
  ].join('\r\n');
}

import { ArgumentsHost, Catch, ExceptionFilter, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { OverloadedError } from '../common/errors.js';
import { problemOf } from './problem.js';

/** Answers every error as `application/problem+json`. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger(ProblemFilter.name);

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    sendProblem(error, http.getRequest(), http.getResponse(), this.logger);
  }
}

export function sendProblem(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  logger: Logger,
): void {
  const { body, retryAfterSeconds } = problemOf(error);
  // Refusing has to stay cheap; who refuses says so once.
  if (body.status >= 500 && !(error instanceof OverloadedError)) {
    logger.error({
      event: 'request.failed',
      request_id: request.id,
      status: body.status,
      err: error,
    });
  }
  // `*` for a path passes every hook by, and so does a URL that cannot be read.
  void reply.header('x-request-id', request.id);
  // Fastify would close the connection, and a client that is still sending never read why; kept
  // open, it takes the rest of the body and drops it.
  if (body.status === 413) void reply.header('connection', 'keep-alive');
  if (body.status === 401) void reply.header('www-authenticate', 'Bearer realm="conclave"');
  if (retryAfterSeconds !== undefined) void reply.header('retry-after', retryAfterSeconds);
  void reply
    .code(body.status)
    .header('content-type', 'application/problem+json; charset=utf-8')
    .send(JSON.stringify({ ...body, request_id: request.id }));
}

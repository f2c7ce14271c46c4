import { isIP } from 'node:net';
import { createParamDecorator, ExecutionContext } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Device } from './session.service.js';

const USER_AGENT_LENGTH = 512;

/** Where a request comes from, and whether somebody still waits for its answer. */
export interface Caller {
  device: Device;
  /** When the request was here, by `performance.now()`. */
  since: number;
  /** Aborted when the client has gone. */
  gone: AbortSignal;
}

export const CurrentCaller = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const http = context.switchToHttp();
  return callerOf(http.getRequest(), http.getResponse());
});

function callerOf(request: FastifyRequest, { raw }: FastifyReply): Caller {
  const controller = new AbortController();
  if (raw.destroyed) controller.abort();
  raw.once('close', () => controller.abort()); // with the answer too, when it matters no more
  return { device: deviceOf(request), since: performance.now(), gone: controller.signal };
}

/** A proxy that is trusted may still pass on whatever it was told: what is no address is no `ip`. */
function deviceOf({ ip, headers, socket }: FastifyRequest): Device {
  return {
    ip: isIP(ip) ? ip : (socket.remoteAddress ?? ''),
    userAgent: headers['user-agent']?.slice(0, USER_AGENT_LENGTH) ?? null,
  };
}

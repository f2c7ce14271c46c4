import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { InvalidInputError } from '../common/errors.js';
import { Limited } from '../rate-limit/limited.js';
import { Public } from '../http/public.js';
import { RealtimeGateway } from './realtime.gateway.js';
import { WebSocketOnlyError } from './realtime.errors.js';
import { SocketOrigins } from './socket-origins.js';
import { handOver, isUpgrade } from './upgrade-requests.js';

/** The way in for sockets; who may stay is asked by the gateway, which is sent the token. */
@ApiExcludeController()
@Controller('socket.io')
export class SocketController {
  constructor(
    private readonly origins: SocketOrigins,
    private readonly gateway: RealtimeGateway,
  ) {}

  @Public()
  @Limited('connect')
  @Get()
  open(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    this.origins.require(request.headers);
    requireWebSocket(request);
    handOver(reply, ({ socket, head }) => this.gateway.take(request.raw, socket, head));
  }
}

/** All that Engine.IO would refuse, in words. */
function requireWebSocket({ query, raw }: FastifyRequest): void {
  const { transport, EIO, sid } = query as Record<string, unknown>;
  if (transport !== 'websocket' || !isUpgrade(raw)) throw new WebSocketOnlyError();
  const fields = [
    ...(EIO === '4' ? [] : [{ field: 'EIO', messages: ['EIO must be 4: use socket.io-client 4'] }]),
    ...(sid === undefined ? [] : [{ field: 'sid', messages: ['sid must be left out'] }]),
  ];
  if (fields.length > 0) throw new InvalidInputError(fields);
}

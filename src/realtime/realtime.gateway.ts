import type { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Socket as NetSocket } from 'node:net';
import { Logger } from '@nestjs/common';
import {
  OnGatewayConnection,
  OnGatewayInit,
  WebSocketGateway,
  WebSocketServer,
} from '@nestjs/websockets';
import type { Server, Socket } from 'socket.io';
import { AccessTokens } from '../auth/access-tokens.js';
import { type ProblemBody, problemOf } from '../http/problem.js';
import { answerUnreadable } from '../http/unreadable-request.js';
import type { RoomEvent } from '../events/events.js';
import { Connections } from './connections.js';
import { closeWhenFlooding } from './packet-limit.js';
import { Ready } from './ready.js';
import { SocketCallers } from './socket-callers.js';
import { SocketConnection, socketRoom } from './socket-connection.js';
import { Typing } from './typing.js';

/** Sockets: who may connect, and what they hear. The one thing that they say is that they type. */
@WebSocketGateway()
export class RealtimeGateway implements OnGatewayInit<Server>, OnGatewayConnection<Socket> {
  private readonly logger = new Logger(RealtimeGateway.name);
  private readonly admitted = new WeakMap<Socket, SocketConnection>();
  /** WebSockets whose client has asked to connect. */
  private readonly asked = new WeakSet<Socket['conn']>();
  @WebSocketServer() private readonly server: Server;

  constructor(
    private readonly callers: SocketCallers,
    private readonly tokens: AccessTokens,
    private readonly connections: Connections,
    private readonly typing: Typing,
    private readonly ready: Ready,
  ) {}

  /** Speaks Socket.IO over a connection whose client has asked for it. */
  take(request: IncomingMessage, socket: NetSocket, head: Buffer): void {
    this.server.engine.handleUpgrade(request, socket, head);
  }

  afterInit(server: Server): void {
    // Where the handshake of the WebSocket itself is unsound. The types leave `ws` out.
    const { ws } = server.engine as unknown as { ws: EventEmitter };
    ws.on('wsClientError', (_error: Error, socket: NetSocket) => answerUnreadable(socket));
    server.engine.on('connection', closeWhenFlooding);
    server.use((socket, next) => {
      const { conn } = socket;
      // Socket.IO takes any number of requests until the first is answered; clients send one.
      if (this.asked.has(conn)) return conn.close();
      this.asked.add(conn);
      this.admit(socket).then(
        () => next(),
        // Clients do not come back after a refusal, but do after this.
        (error: unknown) => (this.connections.isClosed ? conn.close() : next(this.refusal(error))),
      );
    });
  }

  handleConnection(socket: Socket): void {
    const connection = this.admitted.get(socket)!;
    // Its session may have ended between the answer to the handshake and now.
    if (!this.connections.has(connection)) return connection.close();
    void this.ready.tell([connection]);
    // Not by Nest, whose global guard, pipe and filter are those of requests.
    socket.on('typing', (body: unknown, answer: unknown) => {
      const problem = this.type(connection, body);
      if (typeof answer === 'function') (answer as (problem: ProblemBody | null) => void)(problem);
    });
  }

  /** Sends an event once to each socket that is to hear it. */
  emit({ name, chatId, payload, only, except }: RoomEvent): void {
    const socketIds = this.socketIdsOf(only ?? except);
    if (only === undefined) {
      this.server.to(socketRoom(chatId)).except(socketIds).emit(name, payload);
    } else if (socketIds.length > 0) {
      this.server.to(socketIds).emit(name, payload);
    }
  }

  /** Answers null where all is well. */
  private type(connection: SocketConnection, body: unknown): ProblemBody | null {
    try {
      this.typing.announce(connection, body);
      return null;
    } catch (error) {
      return problemOf(error).body;
    }
  }

  private socketIdsOf(userId: string | undefined): string[] {
    const connections = userId === undefined ? [] : this.connections.of(userId);
    return connections.flatMap((each) => (each instanceof SocketConnection ? each.id : []));
  }

  private async admit(socket: Socket): Promise<void> {
    const { token } = socket.handshake.auth as { token?: unknown };
    const claims = await this.callers.identify(token);
    const connection = new SocketConnection(socket, { id: claims.sub, sessionId: claims.sid });
    this.admitted.set(socket, connection);
    connection.dropWhenSlow();
    socket.conn.once('close', () => this.connections.remove(connection));
    socket.once('disconnect', () => this.connections.remove(connection));
    await this.connections.open(connection, () => this.tokens.admit(claims));
    if (socket.conn.readyState !== 'open') this.connections.remove(connection);
  }

  /** What the client gets as `connect_error`: a problem as its `data`, `retry_after` in seconds. */
  private refusal(error: unknown): Error {
    const { body, retryAfterSeconds } = problemOf(error);
    if (body.status >= 500) this.logger.error({ event: 'socket.failed', err: error });
    const data = { ...body, ...(retryAfterSeconds && { retry_after: retryAfterSeconds }) };
    return Object.assign(new Error(body.detail), { data });
  }
}

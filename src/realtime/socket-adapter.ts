import { createServer } from 'node:http';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { Server, type ServerOptions } from 'socket.io';

/** A client sends no more than `typing`. */
const MAX_FRAME_BYTES = 16 * 1024;
/** From the opening of a WebSocket until its client has sent its token. */
const HANDSHAKE_MS = 10_000;

/**
 * Socket.IO over WebSocket alone, so that any load balancer will do. It is attached to a server that
 * never listens: what is sent to ours is served by a route, which hands the WebSockets over.
 */
export class SocketAdapter extends IoAdapter {
  override createIOServer(_port: number, options?: ServerOptions): Server {
    return new Server(createServer(), {
      ...options,
      transports: ['websocket'],
      serveClient: false,
      maxHttpBufferSize: MAX_FRAME_BYTES,
      connectTimeout: HANDSHAKE_MS,
    });
  }
}

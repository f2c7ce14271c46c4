import type { IncomingMessage } from 'node:http';
import type { INestApplicationContext } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import type { Server, ServerOptions } from 'socket.io';
import { Draining } from '../common/draining.js';
import { isAllowedOrigin } from '../config/origins.js';
import { Settings } from '../config/settings.js';

/** A client sends no more than `typing`. */
const MAX_FRAME_BYTES = 16 * 1024;
/** From the opening of a WebSocket until its client has sent its token. */
const HANDSHAKE_MS = 10_000;

/** Socket.IO over WebSocket alone, so that any load balancer will do. */
export class SocketAdapter extends IoAdapter {
  private readonly settings: Settings;
  private readonly draining: Draining;

  constructor(app: INestApplicationContext) {
    super(app);
    this.settings = app.get(Settings);
    this.draining = app.get(Draining);
  }

  override createIOServer(port: number, options?: ServerOptions): Server {
    return super.createIOServer(port, {
      ...options,
      path: '/socket.io',
      transports: ['websocket'],
      serveClient: false,
      maxHttpBufferSize: MAX_FRAME_BYTES,
      connectTimeout: HANDSHAKE_MS,
      allowRequest: (request: IncomingMessage, answer: (reason: null, ok: boolean) => void) =>
        answer(null, this.isAllowed(request)),
    } as ServerOptions);
  }

  /** Browsers always name the page's origin; the server's own is theirs too. Others name none. */
  private isAllowed({ headers: { origin, host } }: IncomingMessage): boolean {
    if (this.draining.hasBegun) return false;
    if (origin === undefined || isAllowedOrigin(this.settings, origin)) return true;
    return URL.canParse(origin) && new URL(origin).host === host;
  }
}

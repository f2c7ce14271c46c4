import type { Socket } from 'socket.io';
import type { AuthUser } from '../http/current-user.js';
import { type ClientEvent, type Connection, FAREWELL_MS } from './connection.js';
import type { ReadyDto } from './realtime-event.dto.js';

/** What waits for a client to read; one with more is too slow. Each event counts a thousand more. */
const MAX_WAITING_CHARACTERS = 4 * 1024 * 1024;
const EVENT_CHARACTERS = 1000;

/** A socket. It hears a room by being in Socket.IO's room `chat:<id>`. */
export class SocketConnection implements Connection {
  readonly chatIds = new Set<string>();

  constructor(
    private readonly socket: Socket,
    readonly user: AuthUser,
  ) {}

  get id(): string {
    return this.socket.id;
  }

  deliver({ name, payload }: ClientEvent): void {
    this.socket.emit(name, payload);
  }

  enter(chatId: string): void {
    void this.socket.join(socketRoom(chatId));
  }

  leave(chatId: string): void {
    void this.socket.leave(socketRoom(chatId));
  }

  ready(history: string): void {
    const payload: ReadyDto = { type: 'ready', history };
    this.socket.emit('ready', payload);
  }

  /** The client is told "io server disconnect", upon which it does not reconnect. */
  close(): void {
    this.socket.disconnect(true);
    this.cutLater();
  }

  /** The client is told "transport close", upon which it reconnects by itself. */
  release(): void {
    this.socket.conn.close();
    this.cutLater();
  }

  /** Drops a client that does not read what it is sent: nothing is kept for it without end. */
  dropWhenSlow(): void {
    let waiting = 0;
    this.socket.conn.on('flush', () => (waiting = 0));
    this.socket.conn.on('packetCreate', ({ data }: { data?: unknown }) => {
      waiting += EVENT_CHARACTERS + (typeof data === 'string' ? data.length : 0);
      if (waiting > MAX_WAITING_CHARACTERS) setImmediate(() => this.drop());
    });
  }

  /** A client that does not read does not answer the end either, and would hold its connection. */
  private cutLater(): void {
    setTimeout(() => this.cut(), FAREWELL_MS).unref();
  }

  private drop(): void {
    this.socket.conn.close(true);
    this.cut();
  }

  private cut(): void {
    this.socket.request.socket.destroy();
  }
}

export function socketRoom(chatId: string): string {
  return `chat:${chatId}`;
}

import { io, type Socket } from 'socket.io-client';
import { Problem } from './problem.js';
import { Variable } from './readable.js';
import { Pauses, type Timers } from './timers.js';
import type { Tokens } from './transport.js';
import type { ServerEvent } from './types.js';

/** `online`: events come as they happen. `connecting`: they will. `offline`: the browser has no network. */
export type Status = 'online' | 'connecting' | 'offline';

/** For a connect; that of Socket.IO does not see each end of a handshake. */
const TIMEOUT_MS = 10_000;

/** What the server says of a connect that it refuses: the problem that REST would answer. */
interface Refusal {
  status: number;
  retry_after?: number;
}

interface Parts {
  url: string;
  tokens: Tokens;
  timers: Timers;
  onEvent: (event: ServerEvent) => void;
}

/** One WebSocket, which comes back by itself. */
export class Realtime {
  readonly status = new Variable<Status>('connecting');

  private socket: Socket | null = null;
  /** What the last connect was tried with. */
  private token = '';
  /** Whether the server has said that this connection hears everything from now on. */
  private isReady = false;
  private timer: unknown;
  private readonly pauses = new Pauses(500, 30_000);

  constructor(private readonly parts: Parts) {}

  start(): void {
    if (this.socket) return;
    const { url, tokens } = this.parts;
    const { origin, pathname } = new URL(url);
    this.socket = io(origin, {
      path: `${pathname.replace(/\/$/, '')}/socket.io`,
      transports: ['websocket'],
      autoConnect: false,
      reconnection: false, // by `comeBack`, as the server's answer wants it
      forceNew: true,
      auth: (give) => {
        tokens.accessToken().then(
          (token) => give({ token: (this.token = token) }),
          () => this.fail(),
        );
      },
    });
    this.socket.onAny((type, event: ServerEvent) => {
      if (type === 'ready') this.isReady = true;
      this.parts.onEvent(event);
    });
    this.socket.on('connect', () => this.parts.timers.clearTimeout(this.timer));
    this.socket.on('disconnect', () => this.fail());
    this.socket.on('connect_error', (error) => void this.refused(error as { data?: Refusal }));
    globalThis.addEventListener?.('online', this.wake);
    globalThis.addEventListener?.('offline', this.sleep);
    this.connect();
  }

  stop(): void {
    globalThis.removeEventListener?.('online', this.wake);
    globalThis.removeEventListener?.('offline', this.sleep);
    this.parts.timers.clearTimeout(this.timer);
    this.socket?.removeAllListeners().disconnect();
    this.socket = null;
    this.isReady = false;
    this.status.set('connecting');
  }

  /** The socket hears everything, and nothing before is missing. */
  caughtUp(): void {
    if (!this.isReady) return;
    this.pauses.reset();
    this.status.set('online');
  }

  /** Only while connected: it says what is so now. */
  emit(type: string, payload: object): void {
    if (this.socket?.connected) this.socket.emit(type, payload);
  }

  /** Ends the connection, as a network would that fails; it comes back by itself. */
  cut(): void {
    this.fail();
  }

  readonly wake = (): void => {
    this.pauses.reset();
    this.connect();
  };

  private readonly sleep = (): void => {
    this.fail(); // a connection that lives on would say nothing once the network is back
    this.status.set('offline');
  };

  private connect(): void {
    if (!this.socket || this.socket.active) return;
    this.parts.timers.clearTimeout(this.timer);
    this.status.set('connecting');
    this.socket.connect();
    this.timer = this.parts.timers.setTimeout(() => this.fail(), TIMEOUT_MS);
  }

  private fail(waitMs = this.pauses.nextMs()): void {
    if (!this.socket) return;
    this.isReady = false;
    this.socket.disconnect();
    this.status.set(globalThis.navigator?.onLine === false ? 'offline' : 'connecting');
    this.parts.timers.clearTimeout(this.timer);
    this.timer = this.parts.timers.setTimeout(() => this.connect(), waitMs);
  }

  private async refused({ data }: { data?: Refusal }): Promise<void> {
    if (data?.status !== 401) return this.fail(data?.retry_after && 1000 * data.retry_after);
    try {
      await this.parts.tokens.replace(this.token);
      this.fail();
    } catch (error) {
      const after = error instanceof Problem ? error.retryAfter : null;
      this.fail(after === null ? undefined : 1000 * after);
    }
  }
}

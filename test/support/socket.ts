import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import type { ProblemBody } from '../../src/http/problem.js';

const PATIENCE_MS = 60_000;

export interface HeardEvent {
  name: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  payload: any;
}

/** A refused handshake: the problem that came as the error's `data`. */
export class RefusedError extends Error {
  constructor(
    message: string,
    readonly problem: ProblemBody & { retry_after?: number },
  ) {
    super(message);
  }
}

type Options = Partial<ManagerOptions & SocketOptions>;

/** A real socket.io-client that keeps every event after its first `ready`, in the order of arrival. */
export class Listener {
  readonly events: HeardEvent[] = [];
  /** What it was told when it began to hear. */
  history: string | undefined;
  /** Resolves with the client's reason at the first disconnect. */
  readonly ended: Promise<string>;
  private readonly waiting = new Set<() => void>();

  private constructor(readonly socket: Socket) {
    socket.onAny((name: string, payload: { history: string }) => {
      if (name === 'ready' && this.history === undefined) this.history = payload.history;
      else this.events.push({ name, payload });
      for (const look of this.waiting) look();
    });
    this.ended = new Promise((resolve) => socket.once('disconnect', resolve));
  }

  /** Resolves once it hears its rooms. Does not reconnect unless `options` say so. */
  static connect(url: string, token?: unknown, options: Options = {}): Promise<Listener> {
    const socket = io(url, {
      transports: ['websocket'],
      auth: { token },
      forceNew: true,
      reconnection: false,
      timeout: PATIENCE_MS,
      ...options,
    });
    const listener = new Listener(socket);
    return new Promise((resolve, reject) => {
      const refuse = (error: Error & { data?: unknown }): void => {
        socket.close();
        reject(new RefusedError(error.message, error.data as ProblemBody));
      };
      const settle = (): void => {
        socket.off('connect_error', refuse); // one that comes back is refused more than once
        resolve(listener);
      };
      socket.once('ready', settle);
      socket.once('disconnect', settle); // before it was ready
      socket.once('connect_error', refuse);
    });
  }

  get names(): string[] {
    return this.events.map(({ name }) => name);
  }

  /** The events of a room, all of them or those of one name. */
  of(chatId: string, name?: string): HeardEvent[] {
    return this.events.filter(
      (event) => event.payload.chat_id === chatId && (name === undefined || event.name === name),
    );
  }

  /** The first event that fits, be it here already or still to come. */
  until(predicate: (event: HeardEvent) => boolean, ms = PATIENCE_MS): Promise<HeardEvent> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const found = this.events.find(predicate);
        if (!found) return;
        settle();
        resolve(found);
      };
      const timer = setTimeout(() => {
        settle();
        reject(new Error(`Not heard within ${ms} ms, but: ${this.names.join(', ') || 'nothing'}`));
      }, ms);
      const settle = (): void => {
        clearTimeout(timer);
        this.waiting.delete(look);
      };
      this.waiting.add(look);
      look();
    });
  }

  /** Sends an event and returns what the server acknowledges it with. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  ask(name: string, payload: unknown): Promise<any> {
    return this.socket.timeout(PATIENCE_MS).emitWithAck(name, payload);
  }

  close(): void {
    this.socket.close();
  }
}

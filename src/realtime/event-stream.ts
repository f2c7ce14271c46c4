import { Readable } from 'node:stream';
import type { AuthUser } from '../http/current-user.js';
import { type ClientEvent, type Connection, FAREWELL_MS } from './connection.js';
import type { ReadyDto } from './realtime-event.dto.js';

/** What waits for a client to read; one with more is too slow, and is dropped. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024;
/** So that proxies do not take the stream for dead. */
const HEARTBEAT_MS = 20_000;
/** What a client that lost its stream waits before it comes back. */
const RETRY_MS = 1000;

/** The events of every room that its user has joined, as server-sent events without ids. */
export class EventStream extends Readable implements Connection {
  readonly chatIds = new Set<string>();
  private readonly heartbeat: NodeJS.Timeout;
  private onRead: () => void = () => undefined;
  private isClosing = false;

  constructor(readonly user: AuthUser) {
    super();
    this.heartbeat = setInterval(() => this.write(':\n\n'), HEARTBEAT_MS).unref();
    this.write(`retry: ${RETRY_MS}\n\n`);
  }

  /** Rooms come and go without the stream's doing. */
  enter(): void {}

  leave(): void {}

  deliver({ name }: ClientEvent, data: string): void {
    this.send(name, data);
  }

  ready(history: string): void {
    const payload: ReadyDto = { type: 'ready', history };
    this.send('ready', JSON.stringify(payload));
  }

  close(): void {
    if (this.isOver) return;
    this.isClosing = true;
    this.push(null);
    setTimeout(() => this.destroy(), FAREWELL_MS).unref();
  }

  release(): void {
    this.close();
  }

  /**
   * @param data JSON
   * @param id what a client that lost the stream asks to go on after
   */
  protected send(name: string, data: string, id?: number): void {
    const head = id === undefined ? '' : `id: ${id}\n`;
    this.write(`${head}event: ${name}\ndata: ${data}\n\n`);
  }

  protected write(text: string): void {
    if (this.isOver) return;
    this.push(text);
    if (this.readableLength > MAX_WAITING_BYTES) this.destroy();
  }

  protected get isOver(): boolean {
    return this.destroyed || this.isClosing;
  }

  /** Resolves when the client has read most of what was sent. */
  protected async hasRoom(): Promise<void> {
    while (!this.isOver && this.readableLength > this.readableHighWaterMark) {
      await new Promise<void>((resolve) => (this.onRead = resolve));
    }
  }

  override _read(): void {
    this.onRead();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    clearInterval(this.heartbeat);
    this.onRead();
    callback(error);
  }
}

import { chmodSync, lstatSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import {
  BeforeApplicationShutdown,
  Injectable,
  Logger,
  OnApplicationBootstrap,
} from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { Operations } from '../operations/operations.js';
import { connected } from './ask-server.js';
import { isTooLong, MAX_REQUEST_BYTES, readAll, type Request, socketPath } from './protocol.js';

/** How often it looks whether the socket is still its own, or free. */
const LOOK_MS = 10_000;
const REQUEST_MS = 5000;
/** For whoever asked to take what is left of the answer. */
const ANSWER_MS = 5000;
const NO_REQUEST = { error: `That is no request: JSON, of at most ${MAX_REQUEST_BYTES} bytes` };
const MAX_CONNECTIONS = 8;
/** How long the end of the server waits for answers. */
const END_MS = 5000;
const UNREF = { ref: false };

/**
 * The socket in DATA_DIR by which the command `conclave` asks this server. Of several processes on one
 * folder one has it; when that ends, another takes it within ten seconds. Any of them does: what follows
 * from what is asked travels between processes as it always does.
 */
@Injectable()
export class CommandSocket implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('command');
  private readonly path: string;
  /** Connections on which nothing was asked yet. */
  private readonly silent = new Set<Socket>();
  private readonly answering = new Set<Promise<void>>();
  private server: Server | undefined;
  /** Of the socket that this process has made. */
  private inode: number | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly settings: Settings,
    private readonly operations: Operations,
  ) {
    this.path = socketPath(settings.dataDir);
  }

  async onApplicationBootstrap(): Promise<void> {
    if (isTooLong(this.path)) {
      const fault = `${this.path} is longer than 100 bytes: choose a shorter DATA_DIR`;
      this.logger.warn({ event: 'command.no_socket', fault });
      return;
    }
    await this.look();
    this.timer = setInterval(() => void this.look(), LOOK_MS).unref();
  }

  /** What was asked is answered first, unless that takes too long. */
  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    this.leave();
    for (const socket of this.silent) socket.destroy();
    await Promise.race([Promise.allSettled(this.answering), setTimeout(END_MS, undefined, UNREF)]);
  }

  /** Takes the socket where nobody has it: another process may have ended, or somebody removed the file. */
  private async look(): Promise<void> {
    try {
      if (this.isOwn()) return;
      this.leave();
      const other = await connected(this.path);
      if (other) other.destroy();
      else await this.take();
    } catch (err) {
      this.logger.warn({ event: 'command.no_socket', err });
    }
  }

  /** Made aside and moved into its place: whoever finds it there is answered. */
  private async take(): Promise<void> {
    mkdirSync(this.settings.dataDir, { recursive: true, mode: 0o700 });
    const draft = `${this.path}.${process.pid}`;
    rmSync(draft, { force: true });
    const server = createServer({ allowHalfOpen: true }, (socket) => this.accept(socket));
    server.maxConnections = MAX_CONNECTIONS;
    server.unref().listen(draft);
    await once(server, 'listening');
    chmodSync(draft, 0o600);
    this.inode = lstatSync(draft).ino;
    renameSync(draft, this.path);
    this.server = server;
  }

  private isOwn(): boolean {
    const ino = lstatSync(this.path, { throwIfNoEntry: false })?.ino;
    return this.server !== undefined && ino === this.inode;
  }

  private leave(): void {
    if (this.isOwn()) rmSync(this.path, { force: true });
    this.server?.close();
    this.server = undefined;
  }

  private accept(socket: Socket): void {
    socket.on('error', () => undefined); // whoever asked has gone
    const answered = this.answer(socket).finally(() => this.answering.delete(answered));
    this.answering.add(answered);
  }

  private async answer(socket: Socket): Promise<void> {
    const request = await this.read(socket);
    if (socket.destroyed) return;
    const answer = request ? await this.operations.answer(request) : NO_REQUEST;
    socket.setTimeout(ANSWER_MS, () => socket.destroy());
    socket.end(JSON.stringify(answer));
    await once(socket, 'close').catch(() => undefined);
  }

  private async read(socket: Socket): Promise<Request | undefined> {
    this.silent.add(socket);
    const end = new AbortController();
    void setTimeout(REQUEST_MS, undefined, { signal: end.signal, ref: false }).then(
      () => socket.destroy(),
      () => undefined,
    );
    try {
      return toRequest(await readAll(socket, MAX_REQUEST_BYTES));
    } catch {
      socket.resume(); // what more comes of it is dropped
      return undefined;
    } finally {
      end.abort();
      this.silent.delete(socket);
    }
  }
}

/** @throws Error where it is none */
function toRequest(text: string): Request {
  const { operation, given } = JSON.parse(text) as Request;
  return { operation, given: { ...given } };
}

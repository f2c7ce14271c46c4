import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from './client.js';
import { EventSource } from './event-source.js';
import { Listener } from './socket.js';

const RETRY_MS = 100;

interface Place {
  urls: string[];
  /** The index of the first URL to connect to. */
  from: number;
  token: string;
  chatId: string;
}

interface Message {
  id: string;
  seq: number;
  change: number;
}

/** A client of one room that goes on at another process when it is cut off. */
export abstract class Resuming {
  /** The `seq` of each message, by id. */
  readonly kept = new Map<string, number>();
  /** How often a process brought the same message twice over one connection. */
  repeated = 0;
  cuts = 0;
  protected isClosed = false;
  private turn: number;

  protected constructor(protected readonly place: Place) {
    this.turn = place.from;
  }

  protected get url(): string {
    const { urls } = this.place;
    return urls[this.turn % urls.length];
  }

  abstract close(): void;

  protected abstract connect(): Promise<void>;

  protected async reconnect(): Promise<void> {
    this.cuts++;
    while (!this.isClosed) {
      this.turn++;
      const isOpen = await this.connect().then(
        () => true,
        () => false,
      );
      if (isOpen) return;
      await sleep(RETRY_MS);
    }
  }

  protected keep({ id, seq }: Message): void {
    this.kept.set(id, seq);
  }
}

/**
 * Closes gaps by `POST /sync`, as the documentation says: upon each connect, upon `ready`, and where
 * a change is more than one ahead.
 */
export class ResumingSocket extends Resuming {
  private listener: Listener;
  /** What it has all of the room up to. */
  private change = 0;
  private syncing: Promise<void> | undefined;
  private isBehind = false;

  private constructor(
    place: Place,
    private readonly watchesChanges: boolean,
  ) {
    super(place);
  }

  static async open(place: Place, watchesChanges = true): Promise<ResumingSocket> {
    const socket = new ResumingSocket(place, watchesChanges);
    await socket.connect();
    return socket;
  }

  close(): void {
    this.isClosed = true;
    this.listener.close();
  }

  protected async connect(): Promise<void> {
    const listener = await Listener.connect(this.url, this.place.token);
    this.listener = listener;
    const heard = new Set<string>();
    const hear = (name: string, payload: { change?: number; message: Message }): void => {
      if (name === 'ready') this.syncLater();
      if (payload.change !== undefined) this.step(payload.change);
      if (name !== 'message.created') return;
      if (heard.has(payload.message.id)) this.repeated++;
      heard.add(payload.message.id);
      this.keep(payload.message);
    };
    for (const { name, payload } of listener.events) hear(name, payload);
    listener.socket.onAny(hear);
    void listener.ended.then(() => (this.isClosed ? undefined : this.reconnect()));
    await this.sync();
  }

  private step(change: number): void {
    if (change === this.change + 1) this.change = change;
    else if (change > this.change && this.watchesChanges) this.syncLater();
  }

  private syncLater(): void {
    this.sync().catch(() => undefined); // its process is gone: it reconnects, and syncs then
  }

  private sync(): Promise<void> {
    this.isBehind = true;
    this.syncing ??= this.catchUp().finally(() => (this.syncing = undefined));
    return this.syncing;
  }

  private async catchUp(): Promise<void> {
    const { token, chatId } = this.place;
    const client = new Client(this.url, token);
    while (this.isBehind) {
      this.isBehind = false;
      for (let [from, more] = [this.change, true]; more;) {
        const { body } = await client.post('/sync', { rooms: { [chatId]: from } });
        for (const message of body.messages) this.keep(message);
        from = body.rooms[chatId];
        this.change = Math.max(this.change, from);
        more = body.has_more;
      }
    }
  }
}

/** Resumes by `Last-Event-ID`. */
export class ResumingStream extends Resuming {
  private source: EventSource;
  private lastEventId: string | undefined;

  static async open(place: Place): Promise<ResumingStream> {
    const stream = new ResumingStream(place);
    await stream.connect();
    await stream.source.untilPlaced();
    return stream;
  }

  close(): void {
    this.isClosed = true;
    this.source.close();
  }

  protected async connect(): Promise<void> {
    const { token, chatId } = this.place;
    const { lastEventId } = this;
    this.source = await EventSource.open(this.url, token, { chatId, lastEventId });
    void this.read(this.source);
  }

  private async read(source: EventSource): Promise<void> {
    const { ended } = source;
    let isOver = false;
    void ended.then(() => (isOver = true));
    const heard = new Set<string>();
    for (let n = 0; !isOver || n < source.events.length;) {
      for (; n < source.events.length; n++) this.hear(source.events[n].data.message, heard);
      this.lastEventId = source.lastEventId ?? this.lastEventId;
      await sleep(10);
    }
    if (!this.isClosed) await this.reconnect();
  }

  private hear(message: Message | undefined, heard: Set<string>): void {
    if (!message) return;
    if (heard.has(message.id)) this.repeated++;
    heard.add(message.id);
    this.keep(message);
  }
}

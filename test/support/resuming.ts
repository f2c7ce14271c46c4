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

/** Closes the gap by `POST /sync`, as the documentation says: upon each connect and `ready`. */
export class ResumingSocket extends Resuming {
  private listener: Listener;
  private change = 0;

  static async open(place: Place): Promise<ResumingSocket> {
    const socket = new ResumingSocket(place);
    await socket.connect();
    return socket;
  }

  close(): void {
    this.isClosed = true;
    this.listener.close();
  }

  /** Reads what changed since the last time. */
  async sync(): Promise<void> {
    const { token, chatId } = this.place;
    const client = new Client(this.url, token);
    for (let more = true; more;) {
      const { body } = await client.post('/sync', { rooms: { [chatId]: this.change } });
      for (const message of body.messages) this.keep(message);
      this.change = body.rooms[chatId];
      more = body.has_more;
    }
  }

  protected async connect(): Promise<void> {
    const listener = await Listener.connect(this.url, this.place.token);
    this.listener = listener;
    const heard = new Set<string>();
    const hear = ({ message }: { message: Message }): void => {
      if (heard.has(message.id)) this.repeated++;
      heard.add(message.id);
      this.keep(message);
    };
    listener.socket.on('message.created', hear);
    listener.socket.on('ready', () => void this.sync());
    for (const { name, payload } of listener.of(this.place.chatId)) {
      if (name === 'message.created') hear(payload);
    }
    void listener.ended.then(() => (this.isClosed ? undefined : this.reconnect()));
    await this.sync();
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

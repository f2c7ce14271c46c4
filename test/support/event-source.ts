import { Agent, get, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';

const PATIENCE_MS = 60_000;

export interface StreamedEvent {
  id: string | undefined;
  event: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  data: any;
}

interface Place {
  chatId?: string;
  lastEventId?: string | number;
  history?: string;
  headers?: Record<string, string>;
}

/** Reads server-sent events, over a connection of its own that outlives them, as a browser does. */
export class EventSource {
  readonly events: StreamedEvent[] = [];
  /** The last id that came, with an event or without one. */
  lastEventId: string | undefined;
  /** Resolves when the stream has ended: true where the server ended it in good order. */
  readonly ended: Promise<boolean>;
  private readonly waiting = new Set<() => void>();
  private hasEnded = false;

  private constructor(
    readonly response: IncomingMessage,
    private readonly agent: Agent,
  ) {
    this.ended = this.read().then(
      () => true,
      () => false,
    );
    void this.ended.then(() => {
      this.hasEnded = true;
      this.lookAll();
    });
  }

  /** Opens a stream; look at `response` for how it was answered. */
  static async open(url: string, token: string, place: Place = {}): Promise<EventSource> {
    const { chatId, lastEventId, history, headers } = place;
    const query = new URLSearchParams({
      ...(chatId !== undefined && { chat_id: chatId }),
      ...(history !== undefined && { history }),
    });
    const agent = new Agent({ keepAlive: true });
    const options = {
      agent,
      headers: {
        authorization: `Bearer ${token}`,
        ...(lastEventId !== undefined && { 'last-event-id': String(lastEventId) }),
        ...headers,
      },
    };
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      get(`${url}/events?${query.toString()}`, options, resolve).once('error', reject);
    });
    if (response.statusCode === 200) return new EventSource(response, agent);
    const body = await text(response);
    agent.destroy();
    throw new Error(`/events answered ${response.statusCode}: ${body}`);
  }

  get names(): string[] {
    return this.events.map(({ event }) => event);
  }

  /** The first event that fits, be it here already or still to come. */
  async until(
    predicate: (event: StreamedEvent) => boolean,
    ms = PATIENCE_MS,
  ): Promise<StreamedEvent> {
    let found: StreamedEvent | undefined;
    await this.untilTrue(() => (found = this.events.find(predicate)) !== undefined, ms);
    return found!;
  }

  /** Waits for the id, with an event or without one, that says where the stream stands. */
  async untilPlaced(ms = PATIENCE_MS): Promise<string> {
    await this.untilTrue(() => this.lastEventId !== undefined, ms);
    return this.lastEventId!;
  }

  close(): void {
    this.agent.destroy();
  }

  private untilTrue(isSo: () => boolean, ms: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        this.waiting.delete(look);
      };
      const fail = (why: string): void => {
        settle();
        reject(new Error(`${why}; it brought: ${this.names.join(', ') || 'nothing'}`));
      };
      const look = (): void => {
        if (!isSo()) return this.hasEnded ? fail('The stream has ended') : undefined;
        settle();
        resolve();
      };
      const timer = setTimeout(() => fail(`Not within ${ms} ms`), ms);
      this.waiting.add(look);
      look();
    });
  }

  private async read(): Promise<void> {
    let rest = '';
    for await (const chunk of this.response.setEncoding('utf8')) {
      const blocks = (rest + (chunk as string)).split('\n\n');
      rest = blocks.pop()!;
      for (const block of blocks) this.take(block);
      this.lookAll();
    }
  }

  private take(block: string): void {
    const fields = new Map<string, string>();
    for (const line of block.split('\n')) {
      const colon = line.indexOf(': ');
      if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 2));
    }
    const [id, event, data] = ['id', 'event', 'data'].map((name) => fields.get(name));
    if (id !== undefined) this.lastEventId = id;
    if (data === undefined) return;
    this.events.push({ id, event: event ?? 'message', data: JSON.parse(data) });
  }

  private lookAll(): void {
    for (const look of this.waiting) look();
  }
}

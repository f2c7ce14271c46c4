import { Logger, OnApplicationShutdown } from '@nestjs/common';
import type { createClient } from '@redis/client';
import type { Settings } from '../config/settings.js';

export type Redis = ReturnType<typeof newClient>;

/** A connection that answers nothing for this long is dropped and made anew: it may be half open. */
const SILENCE_MS = 3000;
const PING_MS = 1000;
/** What a request waits for Redis at most, where it has to. */
const COMMAND_MS = 250;
const RECONNECT_MS = 500;
/** Commands that wait for a Redis that does not answer; more of them fail at once. */
const MAX_WAITING = 10_000;

/** Connections to Redis, where `REDIS_URL` is set. They come back by themselves. */
export class RedisClient implements OnApplicationShutdown {
  private readonly logger = new Logger(RedisClient.name);
  /** Each with when it was heard of last, in milliseconds since 1970. */
  private readonly clients = new Map<Redis, number>();
  private readonly attempts: Promise<unknown>[] = [];
  /** At the end of this process: whatever fails from then on is no news. */
  isClosed = false;
  /** For commands; they fail at once while the connection is away. */
  readonly commands: Redis | undefined;

  /** @param make a connection that is not open yet, where there is a Redis */
  constructor(private readonly make?: () => Redis) {
    this.commands = this.connect();
  }

  /** Loads the library where there is a Redis: it takes 10 MB, and 0.15 s of the start. */
  static async with({ redisUrl }: Settings): Promise<RedisClient> {
    if (!redisUrl) return new RedisClient();
    const library = await import('@redis/client');
    return new RedisClient(() => newClient(library.createClient, redisUrl));
  }

  /** A connection of its own, `undefined` without Redis. Connects in the background. */
  connect(): Redis | undefined {
    const client = this.make?.();
    if (!client) return undefined;
    client.on('error', this.tellAway);
    client.on('ready', () => this.logger.log({ event: 'redis.ready' }));
    this.attempts.push(attempt(client));
    const noteAnswer = (): void => void this.clients.set(client, Date.now());
    client.on('ready', noteAnswer).on('ping-interval', noteAnswer);
    noteAnswer();
    this.open(client);
    return client;
  }

  /** Whether every connection is there; true also where none is wanted. */
  get isReady(): boolean {
    return [...this.clients.keys()].every((client) => client.isReady);
  }

  /**
   * Until each connection has been tried once.
   *
   * @throws what Redis says where it is there, and refuses us
   */
  async tried(): Promise<void> {
    const outcomes = await Promise.all(this.attempts);
    const refusal = outcomes.find(isRefusal);
    if (refusal) throw refusal;
  }

  /** What Redis answers. @throws Error when that takes too long */
  async answer<T>(command: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer in ${COMMAND_MS} ms`)), COMMAND_MS);
    });
    try {
      return await Promise.race([command, tooLate]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** The socket's own timeout counts what is written too, and so never comes under traffic. */
  renewSilent(): void {
    for (const [client, answeredAt] of this.clients) {
      if (!client.isReady || Date.now() - answeredAt <= SILENCE_MS) continue;
      this.logger.warn({ event: 'redis.silent' });
      client.destroy();
      this.open(client);
    }
  }

  onApplicationShutdown(): void {
    this.isClosed = true;
    for (const client of this.clients.keys()) client.destroy();
  }

  private readonly tellAway = (err: unknown): void => {
    if (!this.isClosed) this.logger.warn({ event: 'redis.away', err });
  };

  private open(client: Redis): void {
    client.connect().catch(this.tellAway);
  }
}

/** Whether Redis answers that we may not. */
export function isRefusal(error: unknown): error is Error {
  return error instanceof Error && /^(NOPERM|NOAUTH|WRONGPASS)\b/.test(error.message);
}

/** Resolves once it is connected, or with what kept it from that. */
function attempt(client: Redis): Promise<unknown> {
  return new Promise((resolve) => {
    client.once('ready', () => resolve(undefined)).once('error', resolve);
  });
}

function newClient(create: typeof createClient, url: string) {
  return create({
    url,
    pingInterval: PING_MS,
    disableOfflineQueue: true,
    commandsQueueMaxLength: MAX_WAITING,
    commandOptions: { timeout: 0 }, // where the event loop stalls it would drop what is not yet sent
    socket: {
      connectTimeout: SILENCE_MS,
      socketTimeout: SILENCE_MS,
      reconnectStrategy: RECONNECT_MS,
    },
  });
}

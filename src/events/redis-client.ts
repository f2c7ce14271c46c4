import { Injectable, Logger, OnApplicationShutdown } from '@nestjs/common';
import { createClient } from '@redis/client';
import { Settings } from '../config/settings.js';

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
@Injectable()
export class RedisClient implements OnApplicationShutdown {
  private readonly logger = new Logger(RedisClient.name);
  private readonly clients: Redis[] = [];
  private readonly timers: NodeJS.Timeout[] = [];
  /** For commands; they fail at once while the connection is away. */
  readonly commands: Redis | undefined;

  constructor(private readonly settings: Settings) {
    this.commands = this.connect();
  }

  /** A connection of its own, `undefined` without Redis. Connects in the background. */
  connect(): Redis | undefined {
    const { redisUrl } = this.settings;
    if (!redisUrl) return undefined;
    const client = newClient(redisUrl);
    client.on('error', (err: unknown) => this.logger.warn({ event: 'redis.away', err }));
    client.on('ready', () => this.logger.log({ event: 'redis.ready' }));
    this.clients.push(client);
    this.open(client);
    this.renewWhenSilent(client);
    return client;
  }

  /** Whether every connection is there; true also where none is wanted. */
  get isReady(): boolean {
    return this.clients.every((client) => client.isReady);
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

  onApplicationShutdown(): void {
    this.timers.forEach(clearInterval);
    for (const client of this.clients) client.destroy();
  }

  private open(client: Redis): void {
    client.connect().catch((err: unknown) => this.logger.warn({ event: 'redis.away', err }));
  }

  /** The socket's own timeout counts what is written too, and so never comes under traffic. */
  private renewWhenSilent(client: Redis): void {
    let heardAt = 0;
    const hear = (): number => (heardAt = Date.now());
    client.on('ready', hear).on('ping-interval', hear);
    const look = (): void => {
      if (!client.isReady || Date.now() - heardAt <= SILENCE_MS) return;
      this.logger.warn({ event: 'redis.silent' });
      client.destroy();
      this.open(client);
    };
    this.timers.push(setInterval(look, PING_MS).unref());
  }
}

function newClient(url: string) {
  return createClient({
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

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
    client.connect().catch((err: unknown) => this.logger.warn({ event: 'redis.away', err }));
    this.clients.push(client);
    return client;
  }

  /** Whether every connection is there; true also where none is wanted. */
  get isReady(): boolean {
    return this.clients.every((client) => client.isReady);
  }

  onApplicationShutdown(): void {
    for (const client of this.clients) client.destroy();
  }
}

function newClient(url: string) {
  return createClient({
    url,
    pingInterval: PING_MS,
    disableOfflineQueue: true,
    commandsQueueMaxLength: MAX_WAITING,
    commandOptions: { timeout: COMMAND_MS },
    socket: {
      connectTimeout: SILENCE_MS,
      socketTimeout: SILENCE_MS,
      reconnectStrategy: RECONNECT_MS,
    },
  });
}

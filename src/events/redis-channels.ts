import { Injectable, Logger } from '@nestjs/common';
import { type Redis, RedisClient } from '../redis/redis-client.js';

/** What a caller waits at most until a channel is open. */
const SUBSCRIBE_MS = 250;
/** While Redis is away every event fails: one line of the log a second will do. */
const REPORT_MS = 1000;
/** Named as a room's is, so that it asks for the same rights. */
const PROBE = 'conclave:room:rights';

/**
 * Redis' channels, where `REDIS_URL` is set: which of them come here, and the way out. What cannot
 * be subscribed to or left now is made good when Redis is back.
 */
@Injectable()
export class RedisChannels {
  private readonly logger = new Logger(RedisChannels.name);
  private readonly subscriber: Redis | undefined;
  private readonly wanted = new Set<string>();
  private readonly unwanted = new Set<string>();
  /** Settles when all that was subscribed to so far is open. */
  private opening: Promise<unknown> = Promise.resolve();
  private handleMessage: (text: string) => void = () => undefined;
  private readonly resumed: (() => void)[] = [];
  private reportedAt = 0;

  constructor(private readonly redis: RedisClient) {
    this.subscriber = redis.connect();
    this.subscriber?.on('ready', () => void this.resume());
  }

  /** Whether there are other processes to tell. */
  get isShared(): boolean {
    return this.subscriber !== undefined;
  }

  get canPublish(): boolean {
    return this.redis.commands?.isReady === true;
  }

  /** Uses a channel that nobody follows as all others are used. @throws what Redis says against it */
  async requireRights(): Promise<void> {
    await this.redis.commands?.publish(PROBE, '');
    await this.subscriber?.subscribe(PROBE, ignore);
    await this.subscriber?.unsubscribe(PROBE, ignore);
  }

  onMessage(handler: (text: string) => void): void {
    this.handleMessage = handler;
  }

  /** Calls back when the channels are open, at the start and after each outage. */
  onResumed(handler: () => void): void {
    this.resumed.push(handler);
  }

  /** Whether Redis has taken it. */
  async publish(channel: string, text: string): Promise<boolean> {
    try {
      await this.redis.commands?.publish(channel, text);
      return true;
    } catch (err) {
      this.report(err);
      return false;
    }
  }

  /**
   * Resolves when these channels and all before them are open, or when it is not worth waiting any
   * longer; `onLate` is called once they are open in that case.
   */
  async subscribe(channels: string[], onLate?: () => void): Promise<void> {
    if (!this.subscriber) return;
    for (const channel of channels) {
      this.wanted.add(channel);
      this.unwanted.delete(channel);
    }
    if (!this.subscriber.isReady) return;
    if (channels.length > 0) this.opening = Promise.all([this.opening, this.open(channels)]);
    let isLate = false;
    const patience = new Promise<void>((resolve) => {
      setTimeout(() => resolve(void (isLate = true)), SUBSCRIBE_MS).unref();
    });
    const opened = this.opening.then(() => (isLate ? onLate?.() : undefined));
    await Promise.race([opened, patience]);
  }

  unsubscribe(channels: string[]): void {
    if (!this.subscriber) return;
    for (const channel of channels) {
      this.wanted.delete(channel);
      this.unwanted.add(channel);
    }
    if (this.subscriber.isReady) void this.close(channels);
  }

  private async resume(): Promise<void> {
    this.opening = this.open([...this.wanted]);
    await this.opening;
    await this.close([...this.unwanted]);
    for (const handler of this.resumed) handler();
  }

  private async open(channels: string[]): Promise<void> {
    await this.subscriber?.subscribe(channels, this.receive).catch(this.report);
  }

  private async close(channels: string[]): Promise<void> {
    if (channels.length === 0) return;
    try {
      await this.subscriber?.unsubscribe(channels, this.receive);
      for (const channel of channels) this.unwanted.delete(channel);
    } catch (err) {
      this.report(err);
    }
  }

  private readonly receive = (text: string): void => this.handleMessage(text);

  private readonly report = (err: unknown): void => {
    if (this.redis.isClosed || Date.now() - this.reportedAt < REPORT_MS) return;
    this.reportedAt = Date.now();
    this.logger.warn({ event: 'redis.failed', err });
  };
}

function ignore(): void {}

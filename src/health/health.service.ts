import { Injectable, Logger } from '@nestjs/common';
import { StoreHealth } from '../attachment/store-health.js';
import { UnavailableError } from '../common/errors.js';
import { Database } from '../database/database.js';
import { DatabaseClock } from '../database/database-clock.js';
import { DatabaseReadOnlyError } from '../database/database.errors.js';
import { OwnerKeys } from '../encryption/owner-keys.js';
import { RedisClient } from '../redis/redis-client.js';
import type { ReadinessDto } from './health.dto.js';
import { RedisRights } from './redis-rights.js';

const PATIENCE_MS = 3000;
/** How long the outcome of a check is believed. */
const BELIEVED_MS = 1000;

/** What goes on without the rest, once it is known that all else is ready. */
interface Helpers {
  redis: boolean;
  /** Null where files are off. */
  attachments: boolean | null;
}

@Injectable()
export class HealthService {
  private readonly logger = new Logger(HealthService.name);
  private latest: Promise<Helpers> | undefined;

  constructor(
    private readonly database: Database,
    private readonly clock: DatabaseClock,
    private readonly keys: OwnerKeys,
    private readonly redis: RedisClient,
    private readonly rights: RedisRights,
    private readonly store: StoreHealth,
  ) {}

  /**
   * Anybody may ask, so many who ask at once share one check.
   *
   * @throws UnavailableError naming the part that is not ready
   */
  async requireReady(): Promise<ReadinessDto> {
    this.latest ??= this.check().finally(() => {
      setTimeout(() => (this.latest = undefined), BELIEVED_MS).unref();
    });
    const { redis, attachments } = await this.latest;
    return {
      status: 'ok',
      database: 'ok',
      keys: 'ok',
      ...(this.redis.commands && { redis: okOr(redis) }),
      ...(attachments !== null && { attachments: okOr(attachments) }),
    };
  }

  private async check(): Promise<Helpers> {
    await this.require('database', () => this.database.ping());
    await this.require('keys', () => this.keys.requireMasterKeys());
    await this.require('clock', () => this.clock.requireRight());
    const attachments = await Promise.race([this.store.look(), timeout()]).catch(() => false);
    return { redis: this.redis.isReady && (await this.rights.areThere()), attachments };
  }

  private async require(part: string, check: () => Promise<void> | void): Promise<void> {
    try {
      await Promise.race([check(), timeout()]);
    } catch (err) {
      this.logger.error({ event: 'health.not_ready', part, err });
      const why = err instanceof DatabaseReadOnlyError ? `, for ${err.message}` : '';
      throw new UnavailableError(`Not ready: ${part}${why}.`);
    }
  }
}

function okOr(isReady: boolean): 'ok' | 'degraded' {
  return isReady ? 'ok' : 'degraded';
}

function timeout(): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`no answer in ${PATIENCE_MS} ms`)), PATIENCE_MS).unref();
  });
}

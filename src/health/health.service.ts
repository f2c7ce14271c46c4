import { Injectable, Logger } from '@nestjs/common';
import { UnavailableError } from '../common/errors.js';
import { Database } from '../database/database.js';
import { OwnerKeys } from '../encryption/owner-keys.js';
import { RedisClient } from '../events/redis-client.js';
import type { ReadyDto } from './health.dto.js';

const PATIENCE_MS = 3000;

@Injectable()
export class HealthService {
  private readonly logger = new Logger(HealthService.name);

  constructor(
    private readonly database: Database,
    private readonly keys: OwnerKeys,
    private readonly redis: RedisClient,
  ) {}

  /** @throws UnavailableError naming the part that is not ready */
  async requireReady(): Promise<ReadyDto> {
    await this.require('database', this.database.ping());
    await this.require('keys', this.keys.requireMasterKeys());
    const redis = this.redis.isReady ? 'ok' : 'degraded';
    return { status: 'ok', database: 'ok', keys: 'ok', ...(this.redis.commands && { redis }) };
  }

  private async require(part: string, check: Promise<void>): Promise<void> {
    try {
      await Promise.race([check, timeout()]);
    } catch (err) {
      this.logger.error({ event: 'health.not_ready', part, err });
      throw new UnavailableError(`Not ready: ${part}.`);
    }
  }
}

function timeout(): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`no answer in ${PATIENCE_MS} ms`)), PATIENCE_MS).unref();
  });
}

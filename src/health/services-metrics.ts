import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { RedisClient } from '../events/redis-client.js';
import { Metrics } from '../metrics/metrics.js';

/** The services behind the server. */
@Injectable()
export class ServicesMetrics {
  constructor(metrics: Metrics, database: Database, redis: RedisClient) {
    metrics.gauge(
      'conclave_database_waiting',
      'Requests without a connection to PostgreSQL; writes that wait for SQLite',
      () => database.waiting,
    );
    const { pool } = database;
    if (pool) {
      metrics.gauge('conclave_database_connections', 'To PostgreSQL', () => pool.totalCount);
      metrics.gauge('conclave_database_connections_idle', 'Unused ones', () => pool.idleCount);
    }
    if (redis.commands) {
      metrics.gauge('conclave_redis_ready', '0 while it is away', () => Number(redis.isReady));
    }
  }
}

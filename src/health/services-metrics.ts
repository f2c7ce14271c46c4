import { Injectable } from '@nestjs/common';
import { VERSION } from '../config/version.js';
import { Database } from '../database/database.js';
import { RedisClient } from '../redis/redis-client.js';
import { Metrics } from '../metrics/metrics.js';

/** The server, and the services behind it. */
@Injectable()
export class ServicesMetrics {
  constructor(metrics: Metrics, database: Database, redis: RedisClient) {
    metrics.info('conclave_build_info', 'What runs', { version: VERSION, node: process.version });
    metrics.gauge(
      'conclave_database_waiting',
      'Requests without a connection to PostgreSQL; writes that wait for SQLite',
      () => database.waiting,
    );
    const { connections } = database;
    if (connections) {
      metrics.gauge('conclave_database_connections', 'To PostgreSQL', () => connections.totalCount);
      metrics.gauge(
        'conclave_database_connections_idle',
        'Unused ones',
        () => connections.idleCount,
      );
    }
    if (redis.commands) {
      metrics.gauge('conclave_redis_ready', '0 while it is away', () => Number(redis.isReady));
    }
  }
}

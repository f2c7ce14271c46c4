import { Injectable } from '@nestjs/common';
import { Metrics } from '../metrics/metrics.js';
import { PasswordHasher } from './password-hasher.js';
import { Whitelist } from './whitelist.js';

@Injectable()
export class AuthMetrics {
  constructor(metrics: Metrics, { lookUps }: Whitelist, hasher: PasswordHasher) {
    metrics.cache('conclave_whitelist_cache', 'Tokens looked up', lookUps);
    metrics.gauge(
      'conclave_hashing_waiting',
      'Password hashes that wait for a thread',
      () => hasher.queueLength,
    );
  }
}

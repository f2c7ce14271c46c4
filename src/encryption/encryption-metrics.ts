import { Injectable } from '@nestjs/common';
import { Metrics } from '../metrics/metrics.js';
import { OwnerKeys } from './owner-keys.js';

@Injectable()
export class EncryptionMetrics {
  constructor(metrics: Metrics, keys: OwnerKeys) {
    metrics.cache('conclave_key_cache', 'Keys of rooms and authors looked up', keys.lookUps);
    metrics.gauge('conclave_keys_cached', 'Unwrapped keys in memory', () => keys.cached);
  }
}

import { Injectable } from '@nestjs/common';
import { Metrics } from '../metrics/metrics.js';
import { KeyRotation } from './key-rotation.js';
import { OwnerKeys } from './owner-keys.js';

@Injectable()
export class EncryptionMetrics {
  constructor(metrics: Metrics, keys: OwnerKeys, { counts }: KeyRotation) {
    metrics.cache('conclave_key_cache', 'Keys of rooms and authors looked up', keys.lookUps);
    metrics.gauge('conclave_keys_cached', 'Owners whose keys are in memory', () => keys.cached);
    metrics.counter(
      'conclave_master_key_missing_total',
      'Keys met that are wrapped under a master key that this process lacks',
      () => keys.missing.count,
    );
    metrics.counter(
      'conclave_keys_rewrapped_total',
      'Keys of rooms and authors that were wrapped under the first master key',
      () => counts.rewrapped,
    );
    metrics.counter(
      'conclave_keys_rewrap_failed_total',
      'Keys that do not open under the master key that they name',
      () => counts.failed,
    );
  }
}

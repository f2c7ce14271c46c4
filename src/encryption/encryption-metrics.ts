import { Injectable } from '@nestjs/common';
import { Metrics } from '../metrics/metrics.js';
import { KeyRotation } from './key-rotation.js';
import { KeyStatus } from './key-status.js';
import { KeyVerification } from './key-verification.js';
import { OwnerKeys } from './owner-keys.js';

@Injectable()
export class EncryptionMetrics {
  constructor(
    metrics: Metrics,
    keys: OwnerKeys,
    { counts }: KeyRotation,
    { counts: verified }: KeyVerification,
    status: KeyStatus,
  ) {
    metrics.cache('conclave_key_cache', 'Keys of rooms and authors looked up', keys.lookUps);
    metrics.gauge('conclave_keys_cached', 'Owners whose keys are in memory', () => keys.cached);
    metrics.counter(
      'conclave_master_key_missing_total',
      'Keys met that are wrapped under a master key that this process lacks',
      () => keys.missing.count,
    );
    metrics.gauges(
      'conclave_keys',
      'Stored keys of rooms and authors by master key, as of the last rotation; in one process',
      ['key_id', 'state'],
      () => status.lastCounted(),
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
    metrics.counters(
      'conclave_verified_total',
      'Keys and messages that a verification has opened',
      'part',
      () => verified.opened,
    );
    metrics.counters(
      'conclave_verify_failed_total',
      'Keys and messages that a verification has found not to open',
      'part',
      () => verified.failed,
    );
  }
}

import { Logger } from '@nestjs/common';
import { KeyUnavailableError } from './encryption.errors.js';

/** One line of the log a second will do. */
const REPORT_MS = 1000;

/** Tells the operator of master keys that other processes use and this one lacks. */
export class MissingMasterKeys {
  private readonly logger = new Logger(MissingMasterKeys.name);
  private reportedAt = -Infinity;
  /** How often one was wanted, since the start. */
  count = 0;

  /** Notes that a stored key is wrapped under one; returns what to answer. */
  met(keyId: string): KeyUnavailableError {
    this.count++;
    if (performance.now() - this.reportedAt >= REPORT_MS) {
      this.reportedAt = performance.now();
      this.logger.error({ event: 'master_key.missing', key_id: keyId });
    }
    return new KeyUnavailableError();
  }
}

import { Injectable } from '@nestjs/common';
import { purgeGone } from '../database/gone.js';
import type { Transaction } from '../database/transaction.js';
import { PeriodicJob } from '../jobs/job.js';

/** How long it stays noted what was destroyed. */
export const GONE_KEPT_MS = 3_600_000;
export const GONE_PURGE_SECONDS = 900;

/** Drops what every process has long looked at. */
@Injectable()
export class GonePurge extends PeriodicJob {
  readonly name = 'gone-purge';
  readonly everySeconds = GONE_PURGE_SECONDS;

  async step(tx: Transaction): Promise<boolean> {
    await purgeGone(tx, GONE_KEPT_MS);
    return false;
  }
}

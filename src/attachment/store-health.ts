import { Inject, Injectable, Logger } from '@nestjs/common';
import { Metrics } from '../metrics/metrics.js';
import { BLOB_STORE, type BlobStore } from './blob-store.js';

/** So long an outcome is believed: an S3 counts what it is asked. */
const BELIEVED_MS = 10_000;

/** Whether the store of files can be used; without it everything else goes on. */
@Injectable()
export class StoreHealth {
  private readonly logger = new Logger(StoreHealth.name);
  private latest: Promise<boolean> | undefined;
  private isReady = true;

  constructor(
    @Inject(BLOB_STORE) private readonly store: BlobStore | null,
    metrics: Metrics,
  ) {
    const help = '0 while the store of files cannot be used';
    metrics.gauge('conclave_attachment_store_ready', help, () => {
      void this.look(); // for the next time
      return Number(this.isReady);
    });
  }

  /** Null where files are off. Who asks within ten seconds gets the same answer. */
  async look(): Promise<boolean | null> {
    if (!this.store) return null;
    this.latest ??= this.ask(this.store).finally(() => {
      setTimeout(() => (this.latest = undefined), BELIEVED_MS).unref();
    });
    return this.latest;
  }

  private async ask(store: BlobStore): Promise<boolean> {
    try {
      await store.requireReady();
      this.isReady = true;
    } catch (err) {
      this.isReady = false;
      this.logger.warn({ event: 'attachment.store_away', err });
    }
    return this.isReady;
  }
}

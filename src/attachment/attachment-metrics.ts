import { Injectable } from '@nestjs/common';
import { Metrics } from '../metrics/metrics.js';
import { Downloads } from './downloads.js';
import { PartUploads } from './part-uploads.js';
import { Thumbnails } from './thumbnails.js';

@Injectable()
export class AttachmentMetrics {
  constructor(
    metrics: Metrics,
    uploads: PartUploads,
    downloads: Downloads,
    { counts }: Thumbnails,
  ) {
    const [up, down] = [uploads.transfers, downloads.transfers];
    metrics.gauge('conclave_uploads', 'Parts of files on their way in', () => up.underWay);
    metrics.gauge('conclave_downloads', 'Files on their way out', () => down.underWay);
    metrics.gauge(
      'conclave_downloads_waiting',
      'Downloads that wait for a turn',
      () => down.waiting,
    );
    metrics.counters(
      'conclave_transfers_refused_total',
      'Files that got no turn',
      'direction',
      () => ({
        upload: up.refused,
        download: down.refused,
      }),
    );
    metrics.counter('conclave_uploaded_bytes_total', 'Bytes of files stored', () => uploads.bytes);
    metrics.counter(
      'conclave_downloaded_bytes_total',
      'Bytes of files sent',
      () => downloads.bytes,
    );
    metrics.counters('conclave_thumbnails_total', 'Pictures looked at', 'outcome', () => counts);
    metrics.counter(
      'conclave_unreadable_parts_total',
      'Parts of files met that do not open',
      () => downloads.unreadable,
    );
  }
}

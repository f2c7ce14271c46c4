import { Injectable } from '@nestjs/common';
import { Metrics } from '../metrics/metrics.js';
import { MessageCache } from './message-cache.js';
import { MessageViews } from './read/message-views.js';
import { MessageWriter } from './send/message-writer.js';

const BATCH_SIZES = [1, 2, 5, 10, 20, 50, 100, 200];

@Injectable()
export class MessageMetrics {
  constructor(metrics: Metrics, writer: MessageWriter, cache: MessageCache, views: MessageViews) {
    const sizes = metrics.histogram(
      'conclave_writer_batch_size',
      'Messages committed at once',
      BATCH_SIZES,
    );
    writer.observe((size) => sizes.observe(size));
    metrics.gauge('conclave_writer_waiting', 'Sends that wait', () => writer.queueLength);
    metrics.cache('conclave_body_cache', 'Bodies looked up', cache.lookUps);
    metrics.gauge('conclave_body_cache_bytes', 'Memory of opened bodies', () => cache.size);
    metrics.counter(
      'conclave_unreadable_messages_total',
      'Bodies met that do not open',
      () => views.unreadable,
    );
  }
}

import { Injectable } from '@nestjs/common';
import { Metrics } from '../metrics/metrics.js';
import { RoomsToIndex } from './rooms-to-index.js';
import { SegmentCache } from './segment-cache.js';
import { SegmentIndexer } from './segment-indexer.js';
import { SegmentReader } from './segment-reader.js';

@Injectable()
export class SegmentMetrics {
  constructor(
    metrics: Metrics,
    rooms: RoomsToIndex,
    { counts }: SegmentIndexer,
    reader: SegmentReader,
    cache: SegmentCache,
  ) {
    metrics.gauges(
      'conclave_search_messages',
      'Messages in segments, and left to come into some; in one process',
      ['state'],
      () => {
        const { indexed, left } = rooms.progress;
        return [
          { labels: { state: 'indexed' }, value: indexed },
          { labels: { state: 'left' }, value: left },
        ];
      },
    );
    metrics.gauge(
      'conclave_search_segments',
      'Segments; in one process',
      () => rooms.progress.segments,
    );
    metrics.counters(
      'conclave_search_segments_stored_total',
      'Segments that were made of rows, or of other segments',
      'of',
      () => counts.stored,
    );
    metrics.counter(
      'conclave_search_index_seconds_total',
      'Time that the making of segments took',
      () => counts.seconds,
    );
    metrics.counter(
      'conclave_search_segments_unreadable_total',
      'Segments met that do not open',
      () => reader.unreadable,
    );
    metrics.cache('conclave_search_cache', 'Segments looked up', cache.lookUps);
    metrics.gauge('conclave_search_cache_bytes', 'Memory of opened segments', () => cache.size);
  }
}

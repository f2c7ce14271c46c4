import { Injectable } from '@nestjs/common';
import { Metrics } from '../metrics/metrics.js';
import { SearchLane } from './search-lane.js';

@Injectable()
export class SearchMetrics {
  constructor(metrics: Metrics, lane: SearchLane) {
    const { counts } = lane;
    metrics.counter('conclave_searches_total', 'Searches begun', () => counts.searches);
    metrics.counter(
      'conclave_search_units_total',
      'Parts of rooms that were looked through',
      () => counts.units,
    );
    metrics.counter(
      'conclave_search_seconds_total',
      'What searches took of the event loop',
      () => lane.seconds,
    );
    metrics.gauge(
      'conclave_search_waiting',
      'Searches that wait for their turn',
      () => lane.waiting,
    );
    metrics.counter(
      'conclave_searches_refused_total',
      'Searches refused since their user had another one under way',
      () => counts.refused,
    );
  }
}

import { Injectable } from '@nestjs/common';
import { Metrics } from '../metrics/metrics.js';
import { Connections } from './connections.js';
import { EventStream } from './event-stream.js';

@Injectable()
export class RealtimeMetrics {
  constructor(metrics: Metrics, connections: Connections) {
    const streams = (): number =>
      connections.list().filter((each) => each instanceof EventStream).length;
    metrics.gauge('conclave_sockets', 'Open sockets', () => connections.size - streams());
    metrics.gauge('conclave_event_streams', 'Open event streams', streams);
  }
}

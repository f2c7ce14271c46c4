// Loaded into a server: answers the longest turn of its event loop since it was last asked, in milliseconds.
import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 1;
const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
delays.enable();

process.on('message', () => {
  process.send(delays.max / 1e6 - RESOLUTION_MS);
  delays.reset();
});
process.channel.unref();

// Tells whoever asks how long the event loop stood still at most since they last asked, in milliseconds: as
// far as the process was at work then, since the machine may have had something else to do.
import { performance } from 'node:perf_hooks';
import { cpuUsage } from 'node:process';
import { setInterval } from 'node:timers';

let last = performance.now();
let used = cpuUsage();
let longest = 0;
setInterval(() => {
  const now = performance.now();
  const { user, system } = cpuUsage(used);
  longest = Math.max(longest, Math.min(now - last - 1, (user + system) / 1000));
  last = now;
  used = cpuUsage();
}, 1).unref();

process.on('message', () => {
  process.send(longest);
  longest = 0;
});
process.channel.unref();

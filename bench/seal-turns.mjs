// Loaded into the server by bench/files.ts: answers what was the most that was sealed and opened in one turn
// of the event loop since it was asked before, the longest turn, and what it holds once garbage is collected.
import { Cipheriv, Decipheriv } from 'node:crypto';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');
const turns = monitorEventLoopDelay({ resolution: 1 });
turns.enable();
const most = { bytes: 0, ms: 0 };
const ofTurn = { bytes: 0, ms: 0 };

function endTurn() {
  for (const key of ['bytes', 'ms']) {
    most[key] = Math.max(most[key], ofTurn[key]);
    ofTurn[key] = 0;
  }
}

for (const { prototype } of [Cipheriv, Decipheriv]) {
  const { update } = prototype;
  prototype.update = function (data, ...words) {
    if (ofTurn.bytes === 0) setImmediate(endTurn);
    const begun = performance.now();
    const result = update.call(this, data, ...words);
    ofTurn.ms += performance.now() - begun;
    ofTurn.bytes += data.length;
    return result;
  };
}

process.on('message', (question) => {
  if (question === 'live') {
    collect();
    collect(); // what the first has ended is given back
    const { heapUsed, external } = process.memoryUsage();
    process.send((heapUsed + external) / 2 ** 20);
    return;
  }
  process.send({ sealedKib: most.bytes / 1024, sealingMs: most.ms, turnMs: turns.max / 1e6 });
  Object.assign(most, { bytes: 0, ms: 0 });
  turns.reset();
});
process.channel.unref();

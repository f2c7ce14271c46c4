// Loaded into the server by the long run: answers what the heap holds once garbage is collected.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

process.on('message', () => {
  collect();
  process.send(process.memoryUsage());
});
process.channel.unref();

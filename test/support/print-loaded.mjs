// Loaded into a server beforehand: at its end it prints which files it had loaded, one a line, as `loaded <path>`.
import { createRequire } from 'node:module';

const { cache } = createRequire(import.meta.url);
process.on('exit', () => {
  for (const path of Object.keys(cache)) console.log(`loaded ${path}`);
});

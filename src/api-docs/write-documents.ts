import 'reflect-metadata';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp } from '../app.setup.js';
import { createEventsDocument } from './asyncapi.js';
import { createLog } from '../http/logger.js';
import { Settings } from '../config/settings.js';
import { createDocument } from './openapi.js';

/** Writes docs/openapi.json and docs/asyncapi.json (`npm run openapi`), on an empty database. */
const dataDir = mkdtempSync(join(tmpdir(), 'conclave-openapi-'));
const app = await createApp(new Settings({ DATA_DIR: dataDir }), createLog('silent'));
await app.init();
const documents = { openapi: createDocument(app), asyncapi: createEventsDocument(app) };
for (const [name, document] of Object.entries(documents)) {
  writeFileSync(`docs/${name}.json`, `${JSON.stringify(document, null, 2)}\n`);
}
await app.close();
rmSync(dataDir, { recursive: true });

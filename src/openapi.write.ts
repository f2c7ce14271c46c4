import 'reflect-metadata';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp } from './app.setup.js';
import { createLog } from './common/logger.js';
import { Settings } from './config/settings.js';
import { createDocument } from './openapi.js';

/** Writes docs/openapi.json (`npm run openapi`), from an application on an empty database. */
const dataDir = mkdtempSync(join(tmpdir(), 'conclave-openapi-'));
const app = await createApp(new Settings({ DATA_DIR: dataDir }), createLog('silent'));
await app.init();
writeFileSync('docs/openapi.json', `${JSON.stringify(createDocument(app), null, 2)}\n`);
await app.close();
rmSync(dataDir, { recursive: true });

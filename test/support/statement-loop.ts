// Prepares more than the drivers keep, and has garbage collected, as a server does in a day.
import 'reflect-metadata';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource, In } from 'typeorm';
import { Settings } from '../../src/config/settings.js';
import { DataDirLock } from '../../src/database/sqlite/data-dir-lock.js';
import { dataSourceOptions } from '../../src/database/data-source-options.js';
import { entities } from '../../src/entities.js';
import { User } from '../../src/user/user.entity.js';

const CONNECTIONS = 3;
const STATEMENTS = 600;
/** TypeORM keeps the last hundred. */
const TEXTS = 200;

const dataDir = mkdtempSync(join(tmpdir(), 'conclave-loop-'));
const settings = new Settings({ NODE_ENV: 'test', DATA_DIR: dataDir });
for (let n = 0; n < CONNECTIONS; n++) {
  const lock = DataDirLock.acquire(dataDir);
  const dataSource = await new DataSource(dataSourceOptions(settings, entities)).initialize();
  await dataSource.runMigrations();
  for (let i = 0; i < STATEMENTS; i++) {
    await dataSource.query(`SELECT ${i % TEXTS}`);
    await dataSource.manager.findBy(User, { id: In(Array.from({ length: i % 50 }, String)) });
    if (i % 100 === 0) Array.from({ length: 20_000 }, () => new Array(100));
  }
  await dataSource.destroy();
  lock.release();
}
rmSync(dataDir, { recursive: true });
console.log('survived');

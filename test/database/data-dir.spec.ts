import 'reflect-metadata';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Settings } from '../../src/config/settings.js';
import type { Database } from '../../src/database/database.js';
import { openDatabase } from '../../src/database/open-database.js';
import { DataDirLock } from '../../src/database/sqlite/data-dir-lock.js';
import { entities } from '../../src/entities.js';

const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'conclave-dir-'));
});
afterEach(() => rmSync(dataDir, { recursive: true }));

const open = (): Promise<Database> =>
  openDatabase(new Settings({ NODE_ENV: 'test', DATA_DIR: dataDir }), entities);

describe('the files of DATA_DIR', () => {
  it('are made for their owner alone, in a folder that is open to others too', async () => {
    chmodSync(dataDir, 0o755);
    const umask = process.umask(0o022);
    try {
      const database = await open();
      await database.write(({ manager }) => manager.query('CREATE TABLE note (text varchar)'));
      const files = readdirSync(dataDir);
      expect(files.sort()).toEqual([
        'conclave.lock',
        'conclave.lock-journal',
        'conclave.sqlite',
        'conclave.sqlite-shm',
        'conclave.sqlite-wal',
      ]);
      const modes = files.map((file) => (statSync(join(dataDir, file)).mode & 0o777).toString(8));
      expect(modes).toEqual(files.map(() => '600'));
      await database.onApplicationShutdown();
    } finally {
      process.umask(umask);
    }
  });
});

describe('what keeps a process from its files is said in words', () => {
  it('of a folder where the database is to be', async () => {
    const path = join(dataDir, 'conclave.sqlite');
    mkdirSync(path, { mode: 0o750 });
    const words = `${path} cannot be opened (EISDIR). This process runs as uid ${process.getuid?.()}`;
    await expect(open()).rejects.toThrow(words);
    await expect(open()).rejects.toThrow(`the folder ${path} belongs to uid`);
    await expect(open()).rejects.toThrow('has mode 0750');
  });

  it('of a file where the folder is to be', () => {
    const path = join(dataDir, 'data');
    writeFileSync(path, '', { mode: 0o640 });
    expect(() => DataDirLock.acquire(path)).toThrow(`${path} cannot be opened (EEXIST)`);
    expect(() => DataDirLock.acquire(path)).toThrow('has mode 0640');
    expect(() => DataDirLock.acquire(join(path, 'in'))).toThrow(`${path} belongs to uid`);
  });

  it.runIf(isRoot)('of a folder and a file of another user (needs root)', () => {
    const asNobody = (acquire: () => unknown): void => {
      process.seteuid!(NOBODY);
      try {
        acquire();
      } finally {
        process.seteuid!(0);
      }
    };
    const acquire = (): void => asNobody(() => DataDirLock.acquire(dataDir));
    chmodSync(dataDir, 0o700);
    expect(acquire).toThrow(/conclave\.lock cannot be opened \(EACCES\)/);
    chmodSync(dataDir, 0o755);
    expect(acquire).toThrow(`the folder ${dataDir} belongs to uid 0 and has mode 0755`);
    writeFileSync(join(dataDir, 'conclave.lock'), '', { mode: 0o600 });
    expect(acquire).toThrow(/the file .*conclave\.lock belongs to uid 0 and has mode 0600/);
  });
});

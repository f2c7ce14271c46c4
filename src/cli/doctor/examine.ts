import type { DataSource } from 'typeorm';
import type { Settings } from '../../config/settings.js';
import { dataDirOf, backupDirOf } from '../place.js';
import { connected } from '../socket/ask-server.js';
import { isTooLong, socketPath } from '../socket/protocol.js';
import { backupFindings } from './backup-findings.js';
import { clockFindings } from './clock-findings.js';
import { databaseFindings, openToLook } from './database-findings.js';
import { diskFindings } from './disk-findings.js';
import { fileFindings } from './file-findings.js';
import { type Finding, findingsOf, inOrder } from './finding.js';
import { jobFindings } from './job-findings.js';
import { keyFindings } from './key-findings.js';
import { redisFindings } from './redis-findings.js';
import { readSettings } from './setting-findings.js';
import { storeFindings } from './store-findings.js';
import { nodeFindings, postgresFindings, sqliteFindings } from './version-findings.js';

const HAS_TABLES = {
  postgres: `SELECT to_regclass('wrapped_key') IS NOT NULL AS found`,
  sqlite: `SELECT COUNT(*) > 0 AS found FROM sqlite_master WHERE name = 'wrapped_key'`,
};

/** What is wrong with an installation, in the order of danger. It changes nothing. */
export async function examine(
  env: NodeJS.ProcessEnv,
  umask: number,
  clock = Date.now,
): Promise<Finding[]> {
  const folders = { dataDir: dataDirOf(env), backupDir: backupDirOf(env) };
  const now = new Date(clock());
  const { settings, findings } = readSettings(env);
  findings.push(
    ...nodeFindings(process.versions.node, now),
    ...fileFindings(folders, env, umask),
    ...diskFindings(folders.dataDir, folders.backupDir),
    ...backupFindings(folders.backupDir, now),
  );
  if (settings)
    findings.push(
      ...(await redisFindings(settings)),
      ...(await storeFindings(settings)),
      ...(await inside(settings, clock)),
    );
  return inOrder(findings);
}

/** What can only be asked of the database. */
async function inside(settings: Settings, clock: () => number): Promise<Finding[]> {
  let source: DataSource | undefined;
  try {
    source = await openToLook(settings);
    if (!source) return [];
    return await ofDatabase(source, settings, clock);
  } catch (error) {
    const what = `The database cannot be asked: ${(error as Error).message}.`;
    return [
      findingsOf('database').danger(
        what,
        'Look whether it runs, and at DATABASE_URL and DATA_DIR.',
      ),
    ];
  } finally {
    await source?.destroy();
  }
}

async function ofDatabase(
  source: DataSource,
  settings: Settings,
  clock: () => number,
): Promise<Finding[]> {
  const found = [...(await databaseFindings(source)), ...(await ofVersion(source, clock))];
  const isPostgres = source.options.type === 'postgres';
  const [{ found: hasTables }] = await source.query<[{ found: boolean | number }]>(
    isPostgres ? HAS_TABLES.postgres : HAS_TABLES.sqlite,
  );
  if (!hasTables) return found; // the server makes them at its first start
  const isServed = await isListening(settings);
  return [
    ...found,
    ...(await keyFindings(source, settings)),
    ...(await clockFindings(source, clock)),
    ...(await jobFindings(source, settings, isServed, clock())),
  ];
}

async function ofVersion(source: DataSource, clock: () => number): Promise<Finding[]> {
  if (source.options.type !== 'postgres') {
    const [{ version }] = await source.query<[{ version: string }]>(
      'SELECT sqlite_version() AS version',
    );
    return sqliteFindings(version);
  }
  const [{ server_version: version }] =
    await source.query<[{ server_version: string }]>('SHOW server_version');
  return postgresFindings(version.split(' ')[0], new Date(clock()));
}

async function isListening({ dataDir }: Settings): Promise<boolean> {
  const path = socketPath(dataDir);
  const socket = isTooLong(path) ? undefined : await connected(path);
  socket?.destroy();
  return socket !== undefined;
}

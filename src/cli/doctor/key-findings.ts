import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import type { Settings } from '../../config/settings.js';
import { MasterKeys } from '../../encryption/master-keys.js';
import { type Finding, findingsOf } from './finding.js';

const { danger, advice } = findingsOf('keys');

/** Master keys that stored keys are under and that are not there, and those that are there for nothing. */
export async function keyFindings(source: DataSource, settings: Settings): Promise<Finding[]> {
  const stored = await storedIds(source);
  const given = MasterKeys.of(...keysOf(settings)).ids;
  const [first] = given;
  const missing = stored.filter((id) => !given.includes(id));
  const old = stored.filter((id) => id !== first && given.includes(id));
  const idle = given.slice(1).filter((id) => !stored.includes(id));
  return [
    ...missing.map((id) =>
      danger(
        `The master key ${id} is missing: what is under it cannot be read.`,
        'Put it back into MASTER_KEYS, behind the first; the server does not start without it.',
      ),
    ),
    ...old.map((id) =>
      advice(
        `Keys are left under the master key ${id}, which is not the first.`,
        'conclave keys status tells how far the rotation is; let the server go on.',
      ),
    ),
    ...idle.map((id) =>
      advice(
        `Nothing is under the master key ${id}.`,
        'conclave keys status tells from when it can go. Old backups need it: keep a copy as long as them.',
      ),
    ),
  ];
}

/** Where none is set, the one kept in DATA_DIR; it is not made here. */
function keysOf({ masterKeys, dataDir }: Settings): string[] {
  const kept = join(dataDir, 'master.key');
  if (masterKeys.length > 0 || !existsSync(kept)) return masterKeys;
  return [readFileSync(kept, 'utf8').trim()];
}

/** Steps from one id to the next by the index, however many rows each has. */
async function storedIds(source: DataSource): Promise<string[]> {
  const mark = source.options.type === 'postgres' ? '$1' : '?';
  const next = `SELECT key_id FROM wrapped_key WHERE key_id > ${mark} ORDER BY key_id LIMIT 1`;
  const ids: string[] = [];
  for (;;) {
    const [row] = await source.query<{ key_id: string }[]>(next, [ids.at(-1) ?? '']);
    if (!row) return ids;
    ids.push(row.key_id);
  }
}

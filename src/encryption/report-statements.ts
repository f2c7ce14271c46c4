import { NEVER, POSTGRES_NOW, SQLITE_NOW, statement } from '../database/statement.js';

/** A process that has reported within it is taken to be alive. */
const LIVING_MS = 60_000;
const KEPT_MS = 3_600_000;

/** Parameters: process, the master key that it wraps under, all that it has, by commas. */
export const REPORT = statement({
  name: 'report_key',
  postgres: `INSERT INTO key_report (process, key_id, key_ids, at) VALUES ($1, $2, $3, ${POSTGRES_NOW})
    ON CONFLICT (process) DO UPDATE
    SET key_id = EXCLUDED.key_id, key_ids = EXCLUDED.key_ids, at = EXCLUDED.at`,
  sqlite: NEVER,
});

/** Of a handful of rows. */
export const FIND_LIVING = statement({
  name: 'find_living_reports',
  postgres: `SELECT key_id, key_ids FROM key_report WHERE at > ${POSTGRES_NOW} - ${LIVING_MS}`,
  sqlite: NEVER,
});

/** And those of processes that ended long ago. Parameter: process. */
export const FORGET_REPORT = statement({
  name: 'withdraw_report',
  postgres: `DELETE FROM key_report WHERE process = $1 OR at < ${POSTGRES_NOW} - ${KEPT_MS}`,
  sqlite: NEVER,
});

/** That these are in use now. By the primary key. Parameter: master keys, in their order. */
export const NOTE_USE = statement({
  name: 'note_master_key_use',
  postgres: `INSERT INTO master_key (key_id, used_at, failed) SELECT item, ${POSTGRES_NOW}, 0 FROM unnest($1::text[]) AS item
    ON CONFLICT (key_id) DO UPDATE SET used_at = EXCLUDED.used_at`,
  sqlite: `INSERT INTO master_key (key_id, used_at, failed) SELECT value, ${SQLITE_NOW}, 0 FROM json_each(?) WHERE true
    ON CONFLICT (key_id) DO UPDATE SET used_at = excluded.used_at`,
});

/** How many keys do not open under a master key. By the primary key. Parameters: master key, how many. */
export const NOTE_FAILED = statement({
  name: 'note_master_key_failed',
  postgres: 'UPDATE master_key SET failed = $2 WHERE key_id = $1',
  sqlite: 'UPDATE master_key SET failed = ?2 WHERE key_id = ?1',
});

/** When these were last in use, and when it is now. By the primary key. Parameter: master keys. */
export const FIND_USES = statement({
  name: 'find_master_key_uses',
  postgres: `SELECT key_id, used_at, failed, ${POSTGRES_NOW} FROM master_key WHERE key_id = ANY($1::text[])`,
  sqlite: `SELECT key_id, used_at, failed, ${SQLITE_NOW} FROM master_key
    WHERE key_id IN (SELECT value FROM json_each(?))`,
});

import { rowsOf, statement } from '../database/statement.js';

/** Index wrapped_key(key_id): the next id after one, however many rows that has. Parameter: key id. */
export const NEXT_KEY_ID = statement({
  name: 'next_key_id',
  postgres: 'SELECT key_id FROM wrapped_key WHERE key_id > $1 ORDER BY key_id LIMIT 1',
  sqlite: 'SELECT key_id FROM wrapped_key WHERE key_id > ? ORDER BY key_id LIMIT 1',
});

/**
 * Keys under one master key, which nobody else changes until the transaction ends. Index
 * wrapped_key(key_id). Parameters: key id, owners to step over (at least one), how many.
 */
export const FIND_OLD_KEYS = statement({
  name: 'find_old_keys',
  postgres: `SELECT owner_id, kind, since, token FROM wrapped_key
    WHERE key_id = $1 AND NOT owner_id = ANY($2::uuid[]) LIMIT $3 FOR UPDATE SKIP LOCKED`,
  sqlite: `SELECT owner_id, kind, since, token FROM wrapped_key
    WHERE key_id = ? AND owner_id NOT IN (SELECT value FROM json_each(?)) LIMIT +?`,
});

/** By the primary key. An update, so that no key comes back that was destroyed. Parameter: keys. */
export const WRITE_REWRAPPED = statement({
  name: 'write_rewrapped',
  postgres: `UPDATE wrapped_key SET key_id = row.key_id, token = row.token
    FROM ${rowsOf('wrapped_key', '$1')} AS row
    WHERE wrapped_key.owner_id = row.owner_id AND wrapped_key.kind = row.kind AND wrapped_key.since = row.since`,
  sqlite: [
    `UPDATE wrapped_key SET key_id = @key_id, token = @token
      WHERE owner_id = @owner_id AND kind = @kind AND since = @since`,
  ],
});

import { rowsOf, statement } from '../database/statement.js';

const OLD_KEYS = `SELECT owner_id, kind, since, token FROM wrapped_key
    WHERE key_id = $1 AND (owner_id, since) NOT IN (SELECT * FROM unnest($2::uuid[], $3::uuid[])) LIMIT $4`;
const SQLITE_OLD_KEYS = `SELECT owner_id, kind, since, token FROM wrapped_key
    WHERE key_id = ? AND (owner_id, since) NOT IN (SELECT value->>0, value->>1 FROM json_each(?)) LIMIT +?`;

/**
 * Keys under one master key, which nobody else changes until the transaction ends. Index
 * wrapped_key(key_id). Parameters: key id, owner and since of those to step over (at least one), how many.
 */
export const FIND_OLD_KEYS = statement({
  name: 'find_old_keys',
  postgres: `${OLD_KEYS} FOR UPDATE SKIP LOCKED`,
  sqlite: SQLITE_OLD_KEYS,
});

/** The same, such as others have locked too. */
export const FIND_OTHERS_OLD_KEYS = statement({
  name: 'find_others_old_keys',
  postgres: OLD_KEYS,
  sqlite: SQLITE_OLD_KEYS,
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

/** By the primary key. Parameter: owners. */
export const KEYS_OF = statement({
  name: 'keys_of',
  postgres: `SELECT owner_id, kind, since, key_id, token FROM wrapped_key WHERE owner_id = ANY($1::uuid[])`,
  sqlite: `SELECT owner_id, kind, since, key_id, token FROM wrapped_key
    WHERE owner_id IN (SELECT value FROM json_each(?))`,
});

export type StoredKey = [
  ownerId: string,
  kind: string,
  since: string,
  keyId: string,
  token: string,
];

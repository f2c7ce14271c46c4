import { POSTGRES_NOW, SQLITE_NOW, statement } from '../database/statement.js';
import { FIRST_KEY } from './wrapped-key.entity.js';

const COLUMNS = 'owner_id, kind, since, key_id, token';

/**
 * Holds the first keys of owners, so that until the transaction ends nobody adds one or destroys them;
 * and what time it is then. By the primary key. Parameter: owners.
 */
export const HOLD_KEYS = statement({
  name: 'hold_keys',
  postgres: `SELECT owner_id, kind, ${POSTGRES_NOW} FROM wrapped_key
    WHERE owner_id = ANY($1::uuid[]) AND since = '${FIRST_KEY}' ORDER BY owner_id FOR UPDATE`,
  sqlite: `SELECT owner_id, kind, ${SQLITE_NOW} FROM wrapped_key
    WHERE owner_id IN (SELECT value FROM json_each(?)) AND since = '${FIRST_KEY}'`,
});

/** By the primary key. Parameters: the last one before them, how many. */
export const OWNERS_AFTER = statement({
  name: 'owners_after',
  postgres: `SELECT owner_id FROM wrapped_key
    WHERE owner_id > $1 AND since = '${FIRST_KEY}' ORDER BY owner_id LIMIT $2`,
  sqlite: `SELECT owner_id FROM wrapped_key
    WHERE owner_id > ? AND since = '${FIRST_KEY}' ORDER BY owner_id LIMIT +?`,
});

/** List: keys. */
export const ADD_KEYS = statement({
  name: 'add_keys',
  postgres: `INSERT INTO wrapped_key (${COLUMNS}) SELECT ${COLUMNS}
    FROM json_populate_recordset(NULL::wrapped_key, $1)`,
  sqlite: [
    `INSERT INTO wrapped_key (${COLUMNS}) VALUES (@owner_id, @kind, @since, @key_id, @token)`,
  ],
});

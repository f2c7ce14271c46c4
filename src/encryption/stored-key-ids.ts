import { statement } from '../database/statement.js';
import type { Reads } from '../database/transaction.js';

/** Index wrapped_key(key_id): the next id after one, however many rows that has. Parameter: key id. */
const NEXT_KEY_ID = statement({
  name: 'next_key_id',
  postgres: 'SELECT key_id FROM wrapped_key WHERE key_id > $1 ORDER BY key_id LIMIT 1',
  sqlite: 'SELECT key_id FROM wrapped_key WHERE key_id > ? ORDER BY key_id LIMIT 1',
});

/** Ids of the master keys that stored keys are wrapped under, in their order. */
export async function storedKeyIds(reads: Pick<Reads, 'rows'>): Promise<string[]> {
  const ids: string[] = [];
  for (;;) {
    const [next] = await reads.rows<[string]>(NEXT_KEY_ID, [ids.at(-1) ?? '']);
    if (!next) return ids;
    ids.push(next[0]);
  }
}

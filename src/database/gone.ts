import { NEVER, POSTGRES_NOW, statement } from './statement.js';
import type { Reads, Transaction } from './transaction.js';

/** What is destroyed: the keys of a room or user, or the text of a message. */
export type GoneKind = 'key' | 'text';

/** More than one look takes in. */
const MOST = 10_000;

const NOTE = statement({
  name: 'note_gone',
  postgres: `INSERT INTO gone (id, kind, gone_at) SELECT item, $1, ${POSTGRES_NOW} FROM unnest($2::uuid[]) AS item`,
  sqlite: NEVER,
});
/** Index gone(gone_at). */
const FIND = statement({
  name: 'find_gone',
  postgres: `SELECT ${POSTGRES_NOW}, (SELECT json_agg(json_build_array(kind, id))
    FROM (SELECT kind, id FROM gone WHERE gone_at >= $1::bigint LIMIT ${MOST + 1}) AS found)`,
  sqlite: NEVER,
});
/** Index gone(gone_at). */
const PURGE = statement({
  name: 'purge_gone',
  postgres: `DELETE FROM gone WHERE gone_at < (SELECT ${POSTGRES_NOW}) - $1::bigint`,
  sqlite: NEVER,
});

export interface Gone {
  /** When it was asked, by the database's clock. */
  now: number;
  ids: Record<GoneKind, string[]>;
  /** There is more than this. */
  isCut: boolean;
}

/** Notes in the transaction that destroys something what other processes have to forget. */
export async function noteGone(tx: Transaction, kind: GoneKind, ids: string[]): Promise<void> {
  if (tx.isShared) await tx.rows(NOTE, [kind, ids]);
}

/** What was destroyed since a time of the database's clock; only where the database is shared. */
export async function findGone(reads: Reads, since: number): Promise<Gone> {
  const [[now, found]] = await reads.rows<[string, [GoneKind, string][] | null]>(FIND, [since]);
  const ids: Gone['ids'] = { key: [], text: [] };
  for (const [kind, id] of found ?? []) ids[kind].push(id);
  return { now: Number(now), ids, isCut: (found?.length ?? 0) > MOST };
}

/** Drops what was noted longer ago than this. */
export async function purgeGone(tx: Transaction, keptMs: number): Promise<void> {
  if (tx.isShared) await tx.rows(PURGE, [keptMs]);
}

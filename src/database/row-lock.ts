import type { EntityManager } from 'typeorm';

/**
 * For `find`: locks the rows that it finds for the rest of the transaction. SQLite has one writer
 * and needs no lock.
 */
export function rowLock(
  manager: EntityManager,
  mode: 'for_no_key_update' | 'for_key_share' | 'pessimistic_write' = 'for_no_key_update',
): { lock?: { mode: typeof mode } } {
  const isPostgres = manager.dataSource.options.type === 'postgres';
  return isPostgres ? { lock: { mode } } : {};
}

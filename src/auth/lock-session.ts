import type { EntityManager } from 'typeorm';
import { Session } from './session.entity.js';

/** Locks a session, and with it its tokens, for the rest of the transaction. */
export function lockSession(manager: EntityManager, id: string): Promise<Session | null> {
  const isPostgres = manager.dataSource.options.type === 'postgres';
  return manager.findOne(Session, {
    where: { id },
    ...(isPostgres && { lock: { mode: 'for_no_key_update' as const } }),
  });
}

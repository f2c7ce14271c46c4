import type { EntityManager } from 'typeorm';
import { rowLock } from '../database/row-lock.js';
import { Session } from './session.entity.js';

/** Locks a session, and with it its tokens, for the rest of the transaction. */
export function lockSession(manager: EntityManager, id: string): Promise<Session | null> {
  return manager.findOne(Session, { where: { id }, ...rowLock(manager) });
}

import type { Transaction } from '../database/transaction.js';
import { Session } from './session.entity.js';

/** Locks a session, and with it its tokens, for the rest of the transaction. */
export function lockSession(tx: Transaction, id: string): Promise<Session | null> {
  return tx.manager.findOne(Session, { where: { id }, ...tx.rowLock() });
}

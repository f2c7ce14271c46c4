import type { EntityManager } from 'typeorm';
import type { Statement } from './plain-sql.js';

/** What is to happen right after the commit, and only then; it must not throw. */
export type OnCommit = (task: () => void) => void;

/**
 * Hands over the statements that end the transaction: PostgreSQL gets them together with the commit,
 * and undoes everything should one of them fail.
 */
export type Lastly = (statements: Statement[]) => void;

/** What is done in one transaction, all of it through the manager given. */
export type Work<T> = (manager: EntityManager, onCommit: OnCommit, lastly: Lastly) => Promise<T>;

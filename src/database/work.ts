import type { EntityManager } from 'typeorm';

/** What is to happen right after the commit, and only then; it must not throw. */
export type OnCommit = (task: () => void) => void;

/** What is done in one transaction, all of it through the manager given. */
export type Work<T> = (manager: EntityManager, onCommit: OnCommit) => Promise<T>;

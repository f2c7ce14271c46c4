import type { EntityManager } from 'typeorm';
import type { Parameter, Statement, Write } from '../statement.js';
import type { Transaction } from '../transaction.js';
import type { Connection } from './connection.js';

/** One job of the transaction that is under way. */
export class SqliteTransaction implements Transaction {
  readonly isShared = false;
  readonly tasks: (() => void)[] = [];
  private readonly writes: Write[] = [];

  constructor(
    readonly manager: EntityManager,
    private readonly connection: Connection,
  ) {}

  // eslint-disable-next-line @typescript-eslint/require-await -- what it throws is a rejection
  async rows<T extends unknown[]>(statement: Statement, parameters: Parameter[]): Promise<T[]> {
    return this.connection.rows(statement, parameters) as T[];
  }

  rowLock(): object {
    return {};
  }

  onCommit(task: () => void): void {
    this.tasks.push(task);
  }

  commitWith(...writes: Write[]): void {
    this.writes.push(...writes);
  }

  /** Writes what is written last. */
  flush(): void {
    for (const write of this.writes) this.connection.write(write);
  }
}

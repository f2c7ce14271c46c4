import { setImmediate } from 'node:timers/promises';
import type { EntityManager } from 'typeorm';
import { partsOf } from '../../common/slices.js';
import type { Parameter, Statement, Write } from '../statement.js';
import type { Transaction } from '../transaction.js';
import type { Connection } from './connection.js';

/** Rows that are written in one go, in some milliseconds: more than a batch of sends has, which is never cut. */
const AT_ONCE = 250;

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

  /** Writes what is written last; where it is much, others read in between. */
  async flush(): Promise<void> {
    for (const { statement, lists } of this.writes) {
      for (const [index, rows] of lists.entries()) {
        const sql = statement.sqlite[index];
        for (const [part, some] of partsOf(rows, AT_ONCE).entries()) {
          if (part > 0) await setImmediate();
          for (const row of some) this.connection.run(sql, [row]);
        }
      }
    }
  }
}

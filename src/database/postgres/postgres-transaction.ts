import type { Client } from 'pg';
import {
  type DataSource,
  type EntityManager,
  type FindOneOptions,
  QueryFailedError,
} from 'typeorm';
import { pipelined } from '../pipelined.js';
import { isEmpty, type Parameter, type Statement, type Write } from '../statement.js';
import type { RowLock, Transaction, Work } from '../transaction.js';
import { encoded, preparedStatement } from './prepared.js';
import { begin, noteCommitted } from './typeorm-internals.js';

export const READ_WRITE = 'START TRANSACTION';
export const SNAPSHOT = 'START TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY';

class PostgresTransaction implements Transaction {
  readonly isShared = true;
  readonly tasks: (() => void)[] = [];
  private readonly writes: Write[] = [];

  constructor(
    readonly manager: EntityManager,
    private readonly client: Client,
  ) {}

  rowLock(mode: RowLock = 'for_no_key_update'): Pick<FindOneOptions, 'lock'> {
    return { lock: { mode } };
  }

  onCommit(task: () => void): void {
    this.tasks.push(task);
  }

  commitWith(...writes: Write[]): void {
    this.writes.push(...writes);
  }

  async rows<T extends unknown[]>(statement: Statement, parameters: Parameter[]): Promise<T[]> {
    if (isEmpty(parameters)) return [];
    return (await this.query(statement, encoded(parameters))) as T[];
  }

  /** What is written last goes out with the commit. */
  async commit(): Promise<void> {
    const last = this.writes
      .filter(({ lists }) => lists.some((rows) => rows.length > 0))
      .map(({ statement, lists }) =>
        this.query(
          statement,
          lists.map((rows) => JSON.stringify(rows)),
        ),
      );
    const ended = this.client.query('COMMIT');
    await pipelined([...last, ended]);
    if ((await ended).command !== 'COMMIT')
      throw new Error('A statement had failed: nothing is stored');
  }

  private async query(
    statement: Statement | Write['statement'],
    values: unknown[],
  ): Promise<unknown[][]> {
    this.manager.dataSource.logger.logQuery(statement.postgres, values);
    try {
      return (await this.client.query(preparedStatement(statement), values)).rows;
    } catch (error) {
      throw new QueryFailedError(statement.postgres, values, error as Error);
    }
  }
}

/**
 * A transaction whose beginning goes out together with its first statements, and whose commit with
 * its last: PostgreSQL answers the commit of one that has failed with a rollback.
 */
export async function postgresTransaction<T>(
  dataSource: DataSource,
  work: Work<T>,
  start: typeof READ_WRITE | typeof SNAPSHOT = READ_WRITE,
): Promise<T> {
  const runner = dataSource.createQueryRunner();
  try {
    const { client, begun } = await begin(runner, start);
    const tx = new PostgresTransaction(runner.manager, client);
    const [, value] = await pipelined([begun, work(tx)]);
    await tx.commit();
    noteCommitted(runner);
    for (const task of tx.tasks) task();
    return value;
  } catch (error) {
    await runner.rollbackTransaction().catch(() => undefined);
    throw error;
  } finally {
    await runner.release();
  }
}

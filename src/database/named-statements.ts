import pg from 'pg';

const names = new Map<string, string>();

/** Has PostgreSQL parse and plan this statement once for each connection. */
export function nameStatement(sql: string): string {
  if (!names.has(sql)) names.set(sql, `conclave_${names.size}`);
  return sql;
}

/**
 * A connection that knows the named statements by their text, since TypeORM gives them no name, and
 * sends what is asked at once in one write.
 */
export class PipelinedClient extends pg.Client {
  private isCorked = false;

  override query(...[query, ...rest]: unknown[]): never {
    this.cork();
    const name = typeof query === 'string' ? names.get(query) : undefined;
    const named = name === undefined ? query : { name, text: query };
    return (super.query as (...args: unknown[]) => never)(named, ...rest);
  }

  private cork(): void {
    if (this.isCorked) return;
    const { stream } = this.connection;
    this.isCorked = true;
    stream.cork();
    process.nextTick(() => {
      this.isCorked = false;
      stream.uncork();
    });
  }
}

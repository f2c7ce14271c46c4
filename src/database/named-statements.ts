import pg from 'pg';

interface Named {
  name: string;
  text: string;
  rowMode: 'array';
}

const named = new Map<string, Named>();

/** Has PostgreSQL parse and plan this statement once for each connection; its rows are arrays. */
export function nameStatement(text: string): void {
  if (named.has(text)) return;
  const statement: Named = { name: `conclave_${named.size}`, text, rowMode: 'array' };
  // Inherited: pg copies own properties for each query, one by one, which costs more than it does itself.
  named.set(text, Object.create(statement) as Named);
}

/**
 * A connection that knows the named statements by their text, since TypeORM gives them no name, and
 * sends what is asked at once in one write.
 */
export class PipelinedClient extends pg.Client {
  private isCorked = false;

  override query(...[query, ...rest]: unknown[]): never {
    this.cork();
    const known = typeof query === 'string' ? named.get(query) : undefined;
    return (super.query as (...args: unknown[]) => never)(known ?? query, ...rest);
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

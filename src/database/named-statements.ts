import pg from 'pg';

const named = new Map<string, { name: string; text: string; rowMode: 'array' }>();

/** Has PostgreSQL parse and plan this statement once for each connection; its rows are arrays. */
export function nameStatement(text: string): void {
  if (!named.has(text)) named.set(text, { name: `conclave_${named.size}`, text, rowMode: 'array' });
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

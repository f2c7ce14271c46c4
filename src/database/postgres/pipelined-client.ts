import pg from 'pg';

/**
 * A connection that sends what is asked at once in one write, since a write to a socket costs
 * as much as all else that is done for a short statement.
 */
export class PipelinedClient extends pg.Client {
  private isCorked = false;

  override query(...given: unknown[]): never {
    this.cork();
    return (super.query as (...args: unknown[]) => never)(...given);
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

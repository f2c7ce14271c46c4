import type { Socket } from 'node:net';
import type { PoolClient } from 'pg';

/** For one statement, and for what we leave open between two: then PostgreSQL gives it up itself. */
const STATEMENT_MS = 5000;
/** Without a byte from PostgreSQL: it is frozen, or the network between is gone. */
const SILENCE_MS = 6000;
/** An idle connection leaves the pool before its silence counts. */
const IDLE_MS = 4000;

/**
 * Options of the connection pool that bound how long a caller waits for a PostgreSQL which does not
 * answer. A silent connection is destroyed, never used again: a statement that only stopped
 * waiting would leave its transaction open for whoever gets the connection next.
 */
export const postgresBounds = {
  idleTimeoutMillis: IDLE_MS,
  onConnect: async (client: PoolClient): Promise<void> => {
    const socket = client.connection.stream as Socket;
    socket.setTimeout(SILENCE_MS, () =>
      socket.destroy(new Error(`Connection terminated: silent for ${SILENCE_MS} ms`)),
    );
    // Not as options of the connection: those a pooler in between would refuse.
    await client.query(
      `SET statement_timeout = ${STATEMENT_MS}; ` +
        `SET idle_in_transaction_session_timeout = ${STATEMENT_MS}`,
    );
  },
};

import { UnavailableError } from '../common/errors.js';

/**
 * PostgreSQL classes: 08 connection, 25006 read-only, 25P03 left open for too long, 26000 a statement
 * whose preparation, by one before it, took too long, 53 out of resources, 57014 a statement took too
 * long, 57P shutting down, 58 system.
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const POSTGRES = /^(08...|25006|25P03|26000|53...|57P..|57014|58...)$/;
/**
 * SQLite's result codes for a disk that does not take or give what it should. A page that the disk
 * fails to read is CORRUPT to it too, sound as the file may be.
 */
const SQLITE = /^SQLITE_(BUSY|FULL|IOERR|CORRUPT|CANTOPEN|NOMEM|READONLY|PROTOCOL)/;
const NETWORK = /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH)$/;
/** The driver's own words for a lost or unavailable connection; it gives these errors no code. */
const PG_DRIVER =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Query read timeout)/;

/** Of TypeORM, when the connection broke between two statements of a transaction. */
const RELEASED = 'QueryRunnerAlreadyReleasedError';

/** The error in the domain's words when it says that the database is out of reach, else undefined. */
export function databaseOutage(error: unknown): UnavailableError | undefined {
  if (!(error instanceof Error)) return undefined;
  const cause = 'driverError' in error ? error.driverError : error;
  if (!(cause instanceof Error)) return undefined;
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  const isOutage =
    POSTGRES.test(code) ||
    SQLITE.test(code) ||
    NETWORK.test(code) ||
    PG_DRIVER.test(cause.message) ||
    cause.name === RELEASED;
  return isOutage
    ? new UnavailableError('The database does not answer at the moment. Try again shortly.')
    : undefined;
}

import type { LoggerService } from '@nestjs/common';
import { pino, type Level, type Logger } from 'pino';

/**
 * The one log: JSON lines, of the server on standard output. It is never handed bodies, tokens or passwords.
 * Of an error it keeps what helps and cannot quote input: database errors carry the parameters
 * of their statement, and PostgreSQL's details the values of the row.
 */
export function createLog(level: string, fileDescriptor = 1): Logger {
  const options = {
    level,
    base: undefined,
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { err: describeError },
    errorKey: 'none', // of an `err` pino would add the bare message
  };
  return pino(options, pino.destination(fileDescriptor));
}

function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { type: typeof error };
  const origin = 'driverError' in error ? error.driverError : error;
  const code = origin instanceof Error && 'code' in origin ? origin.code : undefined;
  const cause = error.cause instanceof Error ? withoutInput(error.cause) : undefined;
  const frames = error.stack?.split('\n').filter((line) => line.startsWith('    at '));
  return { type: error.name, message: withoutInput(error), cause, code, stack: frames?.join('\n') };
}

/** Parsers quote what they choke on: only messages of our own and of the database's are kept. */
function withoutInput(error: Error): string {
  return error instanceof SyntaxError ? 'malformed JSON' : error.message.split('\n')[0];
}

/** Takes Nest's log calls; an object becomes the fields of the line. */
export class AppLogger implements LoggerService {
  constructor(private readonly pino: Logger) {}

  verbose(entry: unknown, ...rest: unknown[]): void {
    this.write('trace', entry, rest);
  }

  debug(entry: unknown, ...rest: unknown[]): void {
    this.write('debug', entry, rest);
  }

  /** The framework tells of its progress in sentences, the application of events in objects. */
  log(entry: unknown, ...rest: unknown[]): void {
    this.write(typeof entry === 'string' ? 'debug' : 'info', entry, rest);
  }

  warn(entry: unknown, ...rest: unknown[]): void {
    this.write('warn', entry, rest);
  }

  error(entry: unknown, ...rest: unknown[]): void {
    this.write('error', entry, rest);
  }

  fatal(entry: unknown, ...rest: unknown[]): void {
    this.write('fatal', entry, rest);
  }

  /** Nest appends the context and, for errors, the stack before it. */
  private write(level: Level, entry: unknown, rest: unknown[]): void {
    const context = rest.at(-1);
    if (entry instanceof Error) this.pino[level]({ context, err: entry });
    else if (typeof entry === 'object') this.pino[level]({ context, ...entry });
    else if (typeof entry === 'string') this.pino[level]({ context }, entry);
  }
}

import { StoreAwayError, StoreFullError } from '../attachment.errors.js';

const FULL = ['XMinioStorageFull', 'QuotaExceeded'];
/** Such as pass: it has too much to do, or fell over. */
const PASSING = [429, 500, 502, 503, 504];

/** What S3 did instead of what it was asked for, in words that hold no key and no name of an object. */
export class S3Error extends Error {
  override readonly name = 'S3Error';

  private constructor(
    message: string,
    /** Whether the same may succeed at once. */
    readonly isPassing: boolean,
    /** Undefined where it did not answer. */
    readonly status?: number,
    /** Its own name for what is wrong, such as `AccessDenied`. */
    readonly code?: string,
  ) {
    super(message);
  }

  /** The connection was refused or cut. */
  static cut(error: Error & { code?: string }): S3Error {
    // Where every address of a name refuses, the message is empty.
    return new S3Error(`The connection to S3 failed: ${error.message || error.code}`, true);
  }

  /** Nothing moves any more. */
  static stalled(ms: number): S3Error {
    return new S3Error(`S3 stood still for ${ms / 1000} s`, false);
  }

  /** It does what no S3 should. */
  static wrong(what: string): S3Error {
    return new S3Error(`S3 ${what}`, false);
  }

  /** It refuses. @param body of its answer, which says why */
  static refused(method: string, status: number, body: string): S3Error {
    const code = /<Code>\s*(\w{1,64})\s*<\/Code>/.exec(body)?.[1];
    const what = `S3 answers ${method} with ${status}${code ? ` ${code}` : ''}`;
    return new S3Error(what, PASSING.includes(status), status, code);
  }
}

/** What is told to those who use the store. */
export function storeError(error: unknown): unknown {
  if (!(error instanceof S3Error)) return error;
  const isFull = error.status === 507 || FULL.includes(error.code ?? '');
  return isFull ? new StoreFullError() : new StoreAwayError({ cause: error });
}

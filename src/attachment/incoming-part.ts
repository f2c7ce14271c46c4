import type { IncomingMessage } from 'node:http';
import { LatePartError, LengthRequiredError } from './attachment.errors.js';

/** For one part to arrive in full. */
const PART_MS = 60_000;

/** @throws LengthRequiredError where a request does not say how long its body is */
export function requireLength({ headers }: IncomingMessage): number {
  const { 'content-length': length } = headers;
  if (length === undefined) throw new LengthRequiredError();
  return Number(length);
}

/**
 * The bytes of a request as they come; what is too slow is given up.
 *
 * @throws LatePartError, and whatever breaks the connection off
 */
export async function* incomingBytes(raw: IncomingMessage, ms = PART_MS): AsyncGenerator<Buffer> {
  // Not destroyed when it is left: its answer could not be told then.
  const pieces = raw.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Buffer>;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new LatePartError()), ms);
  });
  late.catch(() => undefined);
  try {
    for (;;) {
      const next: IteratorResult<Buffer, undefined> = await Promise.race([pieces.next(), late]);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    clearTimeout(timer);
  }
}

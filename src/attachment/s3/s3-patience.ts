import type { IncomingMessage } from 'node:http';
import { S3Error } from './s3-error.js';

/** So long S3 may stand still. */
export const STALL_MS = 10_000;

/** What comes of it. @throws S3Error where it takes longer */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(S3Error.stalled(ms)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * The body of an answer as it comes; the connection ends with whoever reads it.
 *
 * @throws S3Error where it is cut, or stands still while somebody waits for it
 */
export async function* piecesOf(
  response: IncomingMessage,
  stallMs: number,
): AsyncGenerator<Buffer> {
  const pieces = response.iterator() as AsyncIterableIterator<Buffer>;
  const next = (): Promise<IteratorResult<Buffer, undefined>> =>
    pieces.next().catch((error: Error) => {
      throw S3Error.cut(error);
    });
  let isDone = false;
  try {
    for (;;) {
      const { done, value } = await within(stallMs, next());
      if (done) break;
      yield value;
    }
    isDone = true;
  } finally {
    if (!isDone) response.destroy();
  }
}

/** The text of an answer, which may not be longer. */
export async function textOf(
  response: IncomingMessage,
  mostBytes: number,
  stallMs: number,
): Promise<string> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of piecesOf(response, stallMs)) {
    pieces.push(piece);
    length += piece.length;
    if (length > mostBytes) throw S3Error.wrong('answers more than it should');
  }
  return Buffer.concat(pieces).toString();
}

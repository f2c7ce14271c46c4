import type { IncomingMessage } from 'node:http';
import { LatePartError, LengthRequiredError } from './attachment.errors.js';

/** How long a part may take to arrive, and how far it may fall behind an even pace to that end. */
const PART_PACE = { totalMs: 60_000, behindMs: 10_000 };
const LOOKS = 50;

/** @throws LengthRequiredError where a request does not say how long its body is */
export function requireLength({ headers }: IncomingMessage): number {
  const { 'content-length': length } = headers;
  if (length === undefined) throw new LengthRequiredError();
  return Number(length);
}

/**
 * The bytes of a request as they come. What stands still is given up after ten seconds, so that it keeps
 * nobody else waiting for its place. Where it is left before its end, the rest is taken and dropped: there
 * are clients that read no answer before they have sent all.
 *
 * @param size of all of them
 * @throws LatePartError, also where the client has gone
 */
export async function* incomingBytes(
  raw: IncomingMessage,
  size: number,
  { totalMs, behindMs } = PART_PACE,
): AsyncGenerator<Buffer> {
  // Not destroyed when it is left: its answer could not be told then.
  const pieces = raw.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Buffer>;
  const begun = Date.now();
  let received = 0;
  const isLate = (): boolean =>
    Date.now() - begun > behindMs + (received / size) * (totalMs - behindMs);
  let giveUp: (() => void) | undefined;
  const timer = setInterval(() => isLate() && giveUp?.(), behindMs / LOOKS);
  // No race with one promise for all of them, which would hold each piece until the last has come.
  const next = (): Promise<IteratorResult<Buffer, undefined>> =>
    new Promise((resolve, reject) => {
      giveUp = () => reject(new LatePartError());
      if (isLate()) return giveUp();
      pieces.next().then(resolve, (cause: unknown) => reject(new LatePartError({ cause })));
    });
  try {
    for (let piece = await next(); !piece.done; piece = await next()) {
      received += piece.value.length;
      yield piece.value;
    }
  } finally {
    clearInterval(timer);
    const drop = (): unknown => raw.resume();
    void pieces.return!().then(drop, drop);
  }
}

import { join } from 'node:path';
import type { Readable } from 'node:stream';

/** One a connection, as JSON, ended by the end of what is written. */
export interface Request {
  operation: string;
  given: Record<string, unknown>;
}

/** One for each request. */
export type Answer = { result: object } | { error: string };

export const MAX_REQUEST_BYTES = 65_536;
/** A page of 500 accounts has some 300 KiB. */
export const MAX_ANSWER_BYTES = 4_194_304;
/** Of what systems allow it is the least, rounded down. */
const MAX_PATH_BYTES = 100;

export function socketPath(dataDir: string): string {
  return join(dataDir, 'conclave.sock');
}

/** Whether a system takes it: beyond some hundred bytes it would be refused, or cut. */
export function isTooLong(path: string): boolean {
  return Buffer.byteLength(path) > MAX_PATH_BYTES;
}

/** What is written until its end. @throws Error when it is longer */
export async function readAll(from: Readable, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  const all = from.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>; // it may be answered yet
  for await (const chunk of all) {
    length += chunk.length;
    if (length > maxBytes) throw new Error(`more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

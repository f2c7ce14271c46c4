import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import {
  type Answer,
  isTooLong,
  MAX_ANSWER_BYTES,
  readAll,
  type Request,
  socketPath,
} from './protocol.js';

/** Codes for a socket that is not there, or that nobody listens at any more. */
const NOBODY = new Set(['ENOENT', 'ECONNREFUSED', 'ENOTSOCK', 'ENOTDIR']);
const CONNECT_MS = 5000;

/**
 * Asks the server of a folder.
 *
 * @param patienceMs how long it may take to answer
 * @returns undefined where there is none
 */
export async function askServer(
  dataDir: string,
  request: Request,
  patienceMs: number,
): Promise<Answer | undefined> {
  const path = socketPath(dataDir);
  if (isTooLong(path)) return undefined;
  const socket = await connected(path);
  if (!socket) return undefined;
  const timer = setTimeout(() => socket.destroy(new Error(silent(patienceMs))), patienceMs);
  try {
    socket.end(JSON.stringify(request));
    return JSON.parse((await readAll(socket, MAX_ANSWER_BYTES)) || unanswered()) as Answer;
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

/** A connection, or undefined where nobody listens. */
export async function connected(path: string): Promise<Socket | undefined> {
  const socket = connect({ path, allowHalfOpen: true });
  const timer = setTimeout(() => socket.destroy(new Error(silent(CONNECT_MS))), CONNECT_MS);
  try {
    await once(socket, 'connect');
    return socket;
  } catch (error) {
    if (NOBODY.has((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function silent(ms: number): string {
  return `The server has not answered within ${ms / 1000} s. It may yet do what was asked: look before you ask again.`;
}

function unanswered(): never {
  throw new Error(
    'The server ended before it answered. It may have done what was asked: look before you ask again.',
  );
}

import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { Refusals } from './refusals.js';

/** Sockets and event streams are among them: 22 KB each, some 220 MB in all. */
const MOST = 10_000;
/** File descriptors for the database, Redis and files: who has none left can serve nobody. */
const SPARE = 256;
const MAKE_ROOM_EVERY_MS = 1000;

/** For node's server, which looks every so often whose time is over. */
export const CONNECTION_TIMES = {
  /** For the headers, from the opening of a connection or from their first byte. */
  headersTimeout: 10_000,
  connectionsCheckingInterval: 2000,
};

/** For a request to arrive in full, whatever it is; the answer may take as long as it likes. */
export const REQUEST_TIMEOUT_MS = 75_000;

/**
 * Bounds how many connections there are: one more is closed at once. Room is made by closing those
 * on which nothing is under way, which their clients open again when they need them.
 */
export function boundConnections(server: Server, refusals: Refusals, most = mostOf(MOST)): void {
  server.maxConnections = most;
  let hasMadeRoom = false;
  server.on('drop', () => {
    refusals.note('connections');
    if (hasMadeRoom) return;
    hasMadeRoom = true;
    server.closeIdleConnections();
    setTimeout(() => (hasMadeRoom = false), MAKE_ROOM_EVERY_MS).unref();
  });
}

function mostOf(most: number): number {
  return Math.max(1, Math.min(most, fileDescriptors() - SPARE));
}

/** How many this process may have; node has raised that to what it is allowed. */
function fileDescriptors(): number {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8');
    return Number(/^Max open files +(\d+)/m.exec(limits)?.[1] ?? Infinity);
  } catch {
    return Infinity; // no Linux
  }
}

import { setMaxListeners } from 'node:events';
import type { Caller } from '../../src/auth/caller.js';

/** Whoever sends a request from there at this moment, or many of them who go at once. */
export function callerFrom(ip: string, gone = new AbortController().signal): Caller {
  setMaxListeners(0, gone);
  return { device: { ip, userAgent: null }, since: performance.now(), gone };
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerProcess } from '../../support/server-process.js';

/** Looks ten times a second at the memory that a server takes. */
export function watchMemory(server: ServerProcess): { stop: () => number } {
  let most = 0;
  let isOver = false;
  const watch = async (): Promise<void> => {
    for (; !isOver; await sleep(100)) most = Math.max(most, server.residentBytes);
  };
  void watch();
  return {
    /** Bytes at most. */
    stop: () => {
      isOver = true;
      return Math.max(most, server.residentBytes);
    },
  };
}

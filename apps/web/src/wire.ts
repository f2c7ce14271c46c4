import type { ConclaveClient } from '@conclave/client';
import { useSyncExternalStore } from 'react';

/** Shorter than the shortest pause before the client connects again. */
const EVERY_MS = 200;

/** The developer's switch: while it is cut, nothing reaches the server and nothing comes. */
class Wire {
  private isCut = false;
  private client: ConclaveClient | null = null;
  private timer: ReturnType<typeof setInterval> | undefined;
  private readonly listeners = new Set<() => void>();

  readonly getSnapshot = (): boolean => this.isCut;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly fetch: typeof fetch = (...request) =>
    this.isCut ? Promise.reject(new TypeError('The wire is cut')) : fetch(...request);

  holds(client: ConclaveClient): void {
    this.client = client;
  }

  set(isCut: boolean): void {
    this.isCut = isCut;
    clearInterval(this.timer);
    if (isCut) {
      this.client?.cut();
      this.timer = setInterval(() => this.client?.cut(), EVERY_MS);
    } else {
      window.dispatchEvent(new Event('online')); // as a browser tells of a network that is back
    }
    for (const listener of this.listeners) listener();
  }
}

export const wire = new Wire();

export function useWireCut(): boolean {
  return useSyncExternalStore(wire.subscribe, wire.getSnapshot);
}

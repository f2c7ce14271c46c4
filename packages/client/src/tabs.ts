/**
 * One at a time among all tabs of this origin, where the browser has locks; elsewhere at once, which the
 * server's leeway for tokens makes harmless.
 */
export async function alone<T>(name: string, work: () => Promise<T>): Promise<T> {
  const { locks } = globalThis.navigator ?? {};
  if (!locks) return work();
  return await locks.request(name, work);
}

/** Holds a lock until `release` is called. @returns null where another tab has it */
export function hold(name: string): Promise<(() => void) | null> {
  const { locks } = globalThis.navigator ?? {};
  if (!locks) return Promise.resolve(() => undefined);
  return new Promise((resolve, reject) => {
    locks
      .request(name, { ifAvailable: true }, (lock) => {
        if (!lock) return resolve(null);
        return new Promise<void>(resolve);
      })
      .catch(reject);
  });
}

/** Tells other tabs of this origin that something has changed, and hears of it from them. */
export class OtherTabs {
  private readonly channel: BroadcastChannel | null;

  constructor(name: string, isShared: boolean, onNews: () => void) {
    this.channel =
      isShared && typeof BroadcastChannel === 'function' ? new BroadcastChannel(name) : null;
    if (this.channel) this.channel.onmessage = onNews;
  }

  tell(): void {
    this.channel?.postMessage('changed');
  }

  close(): void {
    this.channel?.close();
  }
}

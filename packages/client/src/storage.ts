/** Where a client keeps its session and what is not sent yet. Both may answer at once or later. */
export interface ClientStorage {
  /** Whether other tabs of the browser have it too. */
  readonly isShared?: boolean;
  get(key: string): string | null | Promise<string | null>;
  set(key: string, value: string): void | Promise<void>;
  delete(key: string): void | Promise<void>;
  /** Of everything that is kept. */
  keys(): string[] | Promise<string[]>;
}

/** Keeps nothing over a reload: whoever reloads logs in again. */
export function memoryStorage(): ClientStorage {
  const values = new Map<string, string>();
  return {
    get: (key) => values.get(key) ?? null,
    set: (key, value) => void values.set(key, value),
    delete: (key) => void values.delete(key),
    keys: () => [...values.keys()],
  };
}

/**
 * Keeps a login over a reload, for all tabs of this origin. Any script of this origin can read it: have a
 * `Content-Security-Policy` without inline scripts.
 */
export function browserStorage(prefix = 'conclave'): ClientStorage {
  const own = `${prefix}/`;
  return {
    isShared: true,
    get: (key) => localStorage.getItem(own + key),
    set: (key, value) => localStorage.setItem(own + key, value),
    delete: (key) => localStorage.removeItem(own + key),
    keys: () =>
      Object.keys(localStorage)
        .filter((key) => key.startsWith(own))
        .map((key) => key.slice(own.length)),
  };
}

/** `localStorage` in a browser that has it, else memory. */
export function defaultStorage(): ClientStorage {
  try {
    if (typeof window === 'object' && window.localStorage) return browserStorage();
  } catch {
    // switched off in this browser
  }
  return memoryStorage();
}

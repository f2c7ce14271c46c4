import type { Connection } from './connection.js';

/** Connections by a key that several of them share. */
export class ConnectionIndex {
  private readonly byKey = new Map<string, Set<Connection>>();

  /** Whether it is the first one of its key. */
  add(key: string, connection: Connection): boolean {
    const others = this.byKey.get(key);
    if (others) others.add(connection);
    else this.byKey.set(key, new Set([connection]));
    return !others;
  }

  /** Whether it was the last one of its key. */
  delete(key: string, connection: Connection): boolean {
    const all = this.byKey.get(key);
    if (!all?.delete(connection) || all.size > 0) return false;
    return this.byKey.delete(key);
  }

  get(key: string): Connection[] {
    return [...(this.byKey.get(key) ?? [])];
  }

  count(key: string): number {
    return this.byKey.get(key)?.size ?? 0;
  }
}

import type { Connection } from './connection.js';

const NONE: ReadonlySet<Connection> = new Set();

/** Connections by a key that several of them share. */
export class ConnectionIndex {
  private readonly byKey = new Map<string, Set<Connection>>();

  add(key: string, connection: Connection): void {
    const others = this.byKey.get(key);
    if (others) others.add(connection);
    else this.byKey.set(key, new Set([connection]));
  }

  /** Whether it was the last one of its key. */
  delete(key: string, connection: Connection): boolean {
    const all = this.byKey.get(key);
    if (!all?.delete(connection) || all.size > 0) return false;
    return this.byKey.delete(key);
  }

  get keys(): Iterable<string> {
    return this.byKey.keys();
  }

  /** As it stands; it changes with the index. */
  get(key: string): ReadonlySet<Connection> {
    return this.byKey.get(key) ?? NONE;
  }
}

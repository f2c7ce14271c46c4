import { Injectable } from '@nestjs/common';
import { Database } from './database.js';
import { Installation } from './installation.entity.js';
import { findHistory, makeInstallation } from './installation.js';

/** How far a client has a room, and on which line of history, where it says so. */
export interface Cursor {
  change: number;
  history?: string;
}

/**
 * Whether a client has seen what never happened, as seen from here: it is to drop what it has.
 *
 * @param now how far the room has come
 */
export function isUndone(cursor: Cursor, now: Required<Cursor>): boolean {
  return cursor.change > now.change || (cursor.history ?? now.history) !== now.history;
}

/**
 * The database's line of history, by which clients notice that a restore has undone what they have
 * seen. It is read each time: an operator may begin a new one while the server runs.
 */
@Injectable()
export class History {
  constructor(private readonly database: Database) {}

  async current(): Promise<string> {
    return (await findHistory(this.database)) ?? this.begin();
  }

  /** Begins a new line in place of the one there is. */
  async renew(): Promise<string> {
    return this.database.write(async (tx) => {
      await tx.manager.delete(Installation, { id: 1 });
      await makeInstallation(tx.manager);
      return (await findHistory(tx))!;
    });
  }

  /** Begins a new line where there is none, or learns of the one that another process has begun. */
  async begin(): Promise<string> {
    return this.database.write(async (tx) => {
      await makeInstallation(tx.manager);
      return (await findHistory(tx))!;
    });
  }
}

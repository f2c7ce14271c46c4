import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable, OnModuleDestroy } from '@nestjs/common';
import { Database } from '../database/database.js';
import { statement } from '../database/statement.js';
import { FIRST_KEY, type KeyKind } from './wrapped-key.entity.js';

/** To read so many takes SQLite 2 ms, in which nobody else's request goes on. */
const STEP = 1000;

/** By the primary key. Parameters: the last key before them, how many. */
const KEY_IDS_AFTER = statement({
  name: 'key_ids_after',
  postgres: `SELECT owner_id, kind, since, key_id FROM wrapped_key
    WHERE (owner_id, kind, since) > ($1::uuid, $2, $3::uuid) ORDER BY owner_id, kind, since LIMIT $4`,
  sqlite: `SELECT owner_id, kind, since, key_id FROM wrapped_key
    WHERE (owner_id, kind, since) > (?, ?, ?) ORDER BY owner_id, kind, since LIMIT +?`,
});

type Place = [ownerId: string, kind: string, since: string];
export type CountsByKind = Record<KeyKind, number>;

/** How many keys are stored under which master key. */
@Injectable()
export class KeyCounts implements OnModuleDestroy {
  /** The last outcome, and when it was, by the monotonic clock. */
  last: { counts: Map<string, CountsByKind>; at: number } | undefined;

  private isOver = false;

  constructor(private readonly database: Database) {}

  onModuleDestroy(): void {
    this.isOver = true;
  }

  /** Goes through all of them, in steps that let others in; nobody is kept from changing them meanwhile. */
  async count(): Promise<Map<string, CountsByKind>> {
    const counts = new Map<string, CountsByKind>();
    let place: Place = [FIRST_KEY, '', FIRST_KEY];
    while (!this.isOver) {
      const rows: [...Place, keyId: string][] = await this.database.rows(KEY_IDS_AFTER, [
        ...place,
        STEP,
      ]);
      for (const [, kind, , keyId] of rows) {
        let known = counts.get(keyId);
        if (!known) counts.set(keyId, (known = { chat: 0, author: 0 }));
        known[kind as KeyKind]++;
      }
      if (rows.length < STEP) break;
      place = rows[STEP - 1].slice(0, 3) as Place;
      await nextTurn();
    }
    this.last = { counts, at: performance.now() };
    return counts;
  }
}

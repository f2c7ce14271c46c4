import { Injectable } from '@nestjs/common';
import { inSlices } from '../common/slices.js';
import { idAt } from '../crypto/ids.js';
import { Database } from '../database/database.js';
import type { Row } from '../database/statement.js';
import { EventBus } from '../events/event-bus.js';
import { NoKeyToRenewError } from './encryption.errors.js';
import { MasterKeys, newKey, type Wrapped } from './master-keys.js';
import { ADD_KEYS, HOLD_KEYS, OWNERS_AFTER } from './renewal-statements.js';
import { FIRST_KEY, type KeyKind } from './wrapped-key.entity.js';

/**
 * From its making until a key counts. Each process believes what it knows of an owner's keys for ten
 * minutes, and its clock is five minutes at most from the database's.
 */
const AHEAD_MS = 3_600_000;
const BATCH = 200;

/** PostgreSQL answers bigint as text. */
type Held = [ownerId: string, kind: KeyKind, now: number | string];

/** Whose keys. */
export type RenewalTarget = { chatId: string } | { userId: string } | 'all';

export interface RenewalReport {
  /** How many rooms and users got another key. */
  renewed: number;
  /** The messages that are sent from then on, RFC 3339, by the database's clock, are sealed under it. */
  counts_from: string;
}

/**
 * Gives rooms and users another key, for what is sent from an hour later on. The keys before it stay,
 * since all that is older opens by them.
 */
@Injectable()
export class KeyRenewal {
  constructor(
    private readonly database: Database,
    private readonly master: MasterKeys,
    private readonly bus: EventBus,
  ) {}

  /** @throws NoKeyToRenewError where the room or user has none: it is not there, or no more */
  async renew(target: RenewalTarget): Promise<RenewalReport> {
    const { renewed, countsFrom } =
      target === 'all' ? await this.renewAll() : await this.renewOne(target);
    return { renewed, counts_from: new Date(countsFrom).toISOString() };
  }

  private async renewOne(
    target: Exclude<RenewalTarget, 'all'>,
  ): Promise<{ renewed: number; countsFrom: number }> {
    const [id, kind] =
      'chatId' in target
        ? ([target.chatId, 'chat'] as const)
        : ([target.userId, 'author'] as const);
    const outcome = await this.add([id], kind);
    if (outcome.renewed === 0) throw new NoKeyToRenewError(id);
    return outcome;
  }

  private async renewAll(): Promise<{ renewed: number; countsFrom: number }> {
    let [renewed, countsFrom] = [0, Date.now() + AHEAD_MS];
    for (let last = FIRST_KEY; ;) {
      const owners = await this.database.rows<[string]>(OWNERS_AFTER, [last, BATCH]);
      if (owners.length === 0) return { renewed, countsFrom };
      const added = await this.add(owners.map(([id]) => id));
      renewed += added.renewed;
      countsFrom = Math.max(countsFrom, added.countsFrom);
      last = owners.at(-1)![0];
    }
  }

  /** In one transaction. Who has no key gets none: it was destroyed. */
  private async add(
    ownerIds: string[],
    only?: KeyKind,
  ): Promise<{ renewed: number; countsFrom: number }> {
    // Beforehand: others wait behind the transaction.
    const wrapped = new Map<string, Wrapped>();
    await inSlices(ownerIds, (id) => wrapped.set(id, this.wrapNew(id)));
    return this.database.write(async (tx) => {
      const held = await tx.rows<Held>(HOLD_KEYS, [ownerIds]);
      const owners = held.filter(([, kind]) => kind === (only ?? kind));
      if (owners.length === 0) return { renewed: 0, countsFrom: 0 };
      const countsFrom = Math.max(...owners.map(([, , now]) => Number(now))) + AHEAD_MS;
      const since = idAt(countsFrom);
      const rows = owners.map(([owner_id, kind]): Row => {
        const { keyId, token } = wrapped.get(owner_id)!;
        return { owner_id, kind, since, key_id: keyId, token };
      });
      tx.commitWith({ statement: ADD_KEYS, lists: [rows] });
      const changed = owners.map(([id]) => id);
      tx.onCommit(() => this.bus.publish({ type: 'keys.changed', ownerIds: changed }));
      return { renewed: rows.length, countsFrom };
    });
  }

  private wrapNew(ownerId: string): Wrapped {
    const key = newKey();
    const wrapped = this.master.wrap(ownerId, key);
    key.fill(0);
    return wrapped;
  }
}

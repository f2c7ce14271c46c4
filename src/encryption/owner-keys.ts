import type { KeyObject } from 'node:crypto';
import { Injectable, OnModuleDestroy, OnModuleInit } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { upTo } from '../common/cache-bound.js';
import { inSlices, partsOf } from '../common/slices.js';
import { noteGone } from '../database/gone.js';
import { Database } from '../database/database.js';
import { secretKey } from '../crypto/secret-key.js';
import { statement } from '../database/statement.js';
import type { Transaction } from '../database/transaction.js';
import { BatchLoader } from '../database/batch-loader.js';
import { KeyMissingError, MasterKeyMissingError } from './encryption.errors.js';
import { KeyList, type OwnerKey } from './key-list.js';
import { MasterKeys, newKey, type Wrapped } from './master-keys.js';
import { MissingMasterKeys } from './missing-master-keys.js';
import { HOLD_KEYS } from './renewal-statements.js';
import { storedKeyIds } from './stored-key-ids.js';
import { FIRST_KEY, KeyKind, WrappedKey } from './wrapped-key.entity.js';

/** About 400 bytes each. */
const CACHED_OWNERS = 50_000;
/** So long a list of keys is believed: another process may have added one without our hearing of it. */
const BELIEVED_MS = 600_000;
/** One that this process has not all master keys for: it may be wrapped anew. No transaction takes longer. */
const UNSOUND_MS = 10_000;
/** What a transaction loads beforehand is good for as long as it may take. */
const PRELOADED_MS = 60_000;
/** A page looks up a hundred keys: to ask the time for each costs it 1.5 % (160 ns). */
const TICK_MS = 1000;
/** A clock that is set right by less than this has not slept. */
const SLEPT_MS = 60_000;

/** Which takes some milliseconds. */
const DESTROYED_AT_ONCE = 500;

/** By the primary key. Parameter: rooms and users. */
const FIND = statement({
  name: 'find_wrapped_keys',
  postgres: `SELECT owner_id, since, key_id, token FROM wrapped_key WHERE owner_id = ANY($1::uuid[])`,
  sqlite: `SELECT owner_id, since, key_id, token FROM wrapped_key
    WHERE owner_id IN (SELECT value FROM json_each(?))`,
});

/** By the primary key. Parameter: rooms and users. */
const DELETE_KEYS = statement({
  name: 'delete_keys',
  postgres: 'DELETE FROM wrapped_key WHERE owner_id = ANY($1::uuid[])',
  sqlite: 'DELETE FROM wrapped_key WHERE owner_id IN (SELECT value FROM json_each(?))',
});

interface Known {
  list: KeyList;
  /** By the monotonic clock, in milliseconds. */
  until: number;
}

type KeyRow = [ownerId: string, since: string, keyId: string, token: string];

/** The keys of rooms and authors: made, stored wrapped, and kept unwrapped in a bounded cache. */
@Injectable()
export class OwnerKeys implements OnModuleInit, OnModuleDestroy {
  private readonly known = new LRUCache<string, Known>(upTo(CACHED_OWNERS));
  private readonly loading = new Map<string, Promise<KeyList>>();
  private forgotten = 0;
  /** The time, a second old at most. */
  private now = performance.now();
  private wall = Date.now();
  private readonly clock = setInterval(() => this.tick(), TICK_MS).unref();
  /** How often the cache knew, since the start. */
  readonly lookUps = { hits: 0, misses: 0 };
  readonly missing = new MissingMasterKeys();
  private readonly stored = new BatchLoader((ownerIds) => this.query(ownerIds));

  constructor(
    private readonly database: Database,
    private readonly master: MasterKeys,
  ) {}

  get cached(): number {
    return this.known.size;
  }

  onModuleInit(): Promise<void> {
    return this.requireMasterKeys();
  }

  onModuleDestroy(): void {
    clearInterval(this.clock);
  }

  /** While a machine sleeps its monotonic clock may stand still: what is known is older than it seems. */
  private tick(): void {
    const [now, wall] = [performance.now(), Date.now()];
    if (wall - this.wall - (now - this.now) > SLEPT_MS) this.forgetAll();
    [this.now, this.wall] = [now, wall];
  }

  /** @throws MasterKeyMissingError when a stored key is wrapped under a master key not given */
  async requireMasterKeys(): Promise<void> {
    const missing = (await storedKeyIds(this.database)).find((keyId) => !this.master.has(keyId));
    if (missing !== undefined) throw new MasterKeyMissingError(missing);
  }

  /** Makes the key of a new room or user, in the transaction that makes its owner. */
  async create(tx: Transaction, ownerId: string, kind: KeyKind): Promise<void> {
    const key = newKey();
    const wrapped = this.master.wrap(ownerId, key);
    key.fill(0);
    await tx.manager.insert(WrappedKey, { ownerId, kind, since: FIRST_KEY, ...wrapped });
  }

  /**
   * The keys of a room or user; a promise only where they have to be loaded.
   *
   * @throws KeyMissingError when there is none
   */
  of(ownerId: string): KeyList | Promise<KeyList> {
    const known = this.fresh(ownerId, 0);
    if (known) this.lookUps.hits++;
    else this.lookUps.misses++;
    return known ?? this.load(ownerId);
  }

  /**
   * The key that a room or user was made with: what is to stay the same for good when
   * their keys are renewed is derived from it.
   *
   * @throws KeyMissingError, KeyUnavailableError
   */
  async firstOf(ownerId: string): Promise<KeyObject> {
    return (await this.of(ownerId)).first;
  }

  /** Destroys all keys of these owners for good, in the transaction that ends them. */
  async destroy(tx: Transaction, ownerIds: string[]): Promise<void> {
    await inSlices(partsOf([...ownerIds].sort(), DESTROYED_AT_ONCE), async (ids) => {
      // First: a delete that waits for a renewal does not see what that adds.
      await tx.rows(HOLD_KEYS, [ids]);
      await tx.rows(DELETE_KEYS, [ids]);
      await noteGone(tx, 'key', ids);
    });
  }

  /** Forgets keys that were destroyed or changed, and those that are being loaded right now. */
  forget(ownerIds: string[]): void {
    this.forgotten++;
    for (const id of ownerIds) {
      this.known.delete(id);
      this.loading.delete(id);
    }
  }

  forgetAll(): void {
    this.forget([...this.known.keys(), ...this.loading.keys()]);
  }

  /**
   * Loads what is not cached for the next minute, in one query; unknown owners are passed over.
   *
   * @returns what keeps this process, but not others, from sealing this message; a promise only where
   *   something has to be loaded
   */
  preload(ownerIds: string[], messageId = FIRST_KEY): Promise<Error | undefined> | undefined {
    const missing = ownerIds.filter((id) => !this.fresh(id, PRELOADED_MS));
    this.lookUps.hits += ownerIds.length - missing.length;
    this.lookUps.misses += missing.length;
    return missing.length > 0 ? this.loadAll(missing, messageId) : undefined;
  }

  private async loadAll(missing: string[], messageId: string): Promise<Error | undefined> {
    const loaded = await Promise.all(missing.map((id) => this.load(id).catch(ignoreMissing)));
    return loaded.map((list) => list?.failureFor(messageId)).find((failure) => failure);
  }

  /** @param forMs how long it is to be believed yet */
  private fresh(ownerId: string, forMs: number): KeyList | undefined {
    const known = this.known.get(ownerId);
    return known && known.until > this.now + forMs ? known.list : undefined;
  }

  private load(ownerId: string): Promise<KeyList> {
    const underway = this.loading.get(ownerId);
    if (underway) return underway;
    const { forgotten, now } = this;
    const loading = this.stored
      .find([ownerId])
      .then((found) => {
        const list = found.get(ownerId);
        if (!list) throw new KeyMissingError(ownerId);
        const until = now + (list.isSound ? BELIEVED_MS : UNSOUND_MS);
        if (forgotten === this.forgotten) this.known.set(ownerId, { list, until });
        return list;
      })
      .finally(() => {
        if (this.loading.get(ownerId) === loading) this.loading.delete(ownerId);
      });
    this.loading.set(ownerId, loading);
    return loading;
  }

  private async query(ownerIds: string[]): Promise<Map<string, KeyList>> {
    const rows = await this.database.rows<KeyRow>(FIND, [ownerIds]);
    const keys = new Map<string, OwnerKey[]>();
    // 20 µs each: of a room's authors there may be thousands.
    await inSlices(rows, ([ownerId, since, keyId, token]) => {
      const key = this.unwrap(ownerId, { keyId, token });
      keys.set(ownerId, [...(keys.get(ownerId) ?? []), { since, key }]);
    });
    return new Map([...keys].map(([ownerId, all]) => [ownerId, new KeyList(ownerId, all)]));
  }

  private unwrap(ownerId: string, wrapped: Wrapped): OwnerKey['key'] {
    if (!this.master.has(wrapped.keyId)) return () => this.missing.met(wrapped.keyId);
    try {
      return secretKey(this.master.unwrap(ownerId, wrapped));
    } catch (error) {
      if (error instanceof KeyMissingError) return () => error;
      throw error;
    }
  }
}

function ignoreMissing(error: unknown): undefined {
  if (!(error instanceof KeyMissingError)) throw error;
}

import { randomBytes } from 'node:crypto';
import { Injectable, OnModuleInit } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { LRUCache } from 'lru-cache';
import { EntityManager, In, MoreThan, Repository } from 'typeorm';
import { SharedLookUp } from '../database/shared-look-up.js';
import { KeyMissingError, MasterKeyMissingError } from './encryption.errors.js';
import { MasterKeys } from './master-keys.js';
import { KeyKind, WrappedKey } from './wrapped-key.entity.js';

const KEY_BYTES = 32;
/** About 200 bytes each. */
const CACHED_KEYS = 50_000;

/** The keys of rooms and authors: made, stored wrapped, and kept unwrapped in a bounded cache. */
@Injectable()
export class OwnerKeys implements OnModuleInit {
  private readonly unwrapped = new LRUCache<string, Buffer>({ max: CACHED_KEYS });
  private readonly loading = new Map<string, Promise<Buffer>>();
  private forgotten = 0;
  /** How often the cache knew, since the start. */
  readonly lookUps = { hits: 0, misses: 0 };
  private readonly stored = new SharedLookUp((ownerIds) => this.query(ownerIds));

  constructor(
    @InjectRepository(WrappedKey) private readonly rows: Repository<WrappedKey>,
    private readonly master: MasterKeys,
  ) {}

  get cached(): number {
    return this.unwrapped.size;
  }

  onModuleInit(): Promise<void> {
    return this.requireMasterKeys();
  }

  /** @throws MasterKeyMissingError when a stored key is wrapped under a master key not given */
  async requireMasterKeys(): Promise<void> {
    let keyId = '';
    for (;;) {
      // Steps from one id to the next by the index, however many rows each has.
      const next = await this.rows.findOne({
        select: { ownerId: true, kind: true, keyId: true },
        where: { keyId: MoreThan(keyId) },
        order: { keyId: 'ASC' },
      });
      if (!next) return;
      keyId = next.keyId;
      if (!this.master.has(keyId)) throw new MasterKeyMissingError(keyId);
    }
  }

  /** Makes the key of a new room or user, in the transaction that makes its owner. */
  async create(manager: EntityManager, ownerId: string, kind: KeyKind): Promise<void> {
    const wrapped = this.master.wrap(ownerId, randomBytes(KEY_BYTES));
    await manager.insert(WrappedKey, { ownerId, kind, ...wrapped });
  }

  /**
   * The key of a room or user, 32 bytes; a promise only where it has to be loaded.
   *
   * @throws KeyMissingError when there is none that the master keys unwrap
   */
  get(ownerId: string): Buffer | Promise<Buffer> {
    const known = this.unwrapped.get(ownerId);
    if (known) this.lookUps.hits++;
    else this.lookUps.misses++;
    return known ?? this.load(ownerId);
  }

  /** Destroys keys for good, in the transaction that ends their owners. */
  async destroy(manager: EntityManager, ownerIds: string[]): Promise<void> {
    await manager.delete(WrappedKey, { ownerId: In(ownerIds) });
  }

  /** Forgets keys that were destroyed, and those that are being loaded right now. */
  forget(ownerIds: string[]): void {
    this.forgotten++;
    for (const id of ownerIds) this.unwrapped.delete(id);
  }

  /** Loads what is not cached yet, in one query; unknown owners are passed over. */
  async preload(ownerIds: string[]): Promise<void> {
    await Promise.all(ownerIds.map((id) => Promise.resolve(this.get(id)).catch(ignoreMissing)));
  }

  private load(ownerId: string): Promise<Buffer> {
    const underway = this.loading.get(ownerId);
    if (underway) return underway;
    const { forgotten } = this;
    const loading = this.stored
      .find([ownerId])
      .then((found) => {
        const key = found.get(ownerId);
        if (!key) throw new KeyMissingError(ownerId);
        if (forgotten === this.forgotten) this.unwrapped.set(ownerId, key);
        return key;
      })
      .finally(() => this.loading.delete(ownerId));
    this.loading.set(ownerId, loading);
    return loading;
  }

  private async query(ownerIds: string[]): Promise<Map<string, Buffer>> {
    const keys = new Map<string, Buffer>();
    for (const row of await this.rows.findBy({ ownerId: In(ownerIds) })) {
      try {
        keys.set(row.ownerId, this.master.unwrap(row.ownerId, row));
      } catch (error) {
        ignoreMissing(error);
      }
    }
    return keys;
  }
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof KeyMissingError)) throw error;
}

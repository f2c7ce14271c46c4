import type { Transaction } from '../database/transaction.js';
import { NOTE_FAILED } from './report-statements.js';
import { KEYS_OF, type StoredKey } from './rotation-statements.js';

export type Place = [ownerId: string, since: string];

/** Keys, by owner and `since`, that do not open under the master key that they name. */
export class FailedKeys {
  private readonly byPlace = new Map<string, { place: Place; keyId: string }>();

  get size(): number {
    return this.byPlace.size;
  }

  get places(): Place[] {
    return [...this.byPlace.values()].map(({ place }) => place);
  }

  add(place: Place, keyId: string): void {
    this.byPlace.set(place.join(), { place, keyId });
  }

  countUnder(keyId: string): number {
    return [...this.byPlace.values()].filter((one) => one.keyId === keyId).length;
  }

  /** Forgets those that were destroyed meanwhile, or stand under another master key. */
  async lookAgain(tx: Transaction): Promise<void> {
    if (this.size === 0) return;
    const owners = [...new Set(this.places.map(([ownerId]) => ownerId))];
    const stored = await tx.rows<StoredKey>(KEYS_OF, [owners]);
    const known = new Map(
      stored.map(([ownerId, , since, keyId]) => [`${ownerId},${since}`, keyId]),
    );
    const gone = [...this.byPlace].filter(([name, { keyId }]) => known.get(name) !== keyId);
    for (const [name] of gone) this.byPlace.delete(name);
    for (const keyId of new Set(gone.map(([, one]) => one.keyId))) {
      await tx.rows(NOTE_FAILED, [keyId, this.countUnder(keyId)]);
    }
  }
}

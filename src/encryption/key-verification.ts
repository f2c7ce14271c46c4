import { Injectable, Logger } from '@nestjs/common';
import { inSlices } from '../common/slices.js';
import { Database } from '../database/database.js';
import { statement } from '../database/statement.js';
import { KeyMissingError } from './encryption.errors.js';
import { MasterKeys } from './master-keys.js';
import { KEYS_OF, type StoredKey } from './rotation-statements.js';
import { FIRST_KEY } from './wrapped-key.entity.js';

const STEP = 200;
/** So many are named; all are counted. */
const MOST_NAMED = 100;

/** By the primary key. Parameters: the last key before them, how many. */
const KEYS_AFTER = statement({
  name: 'keys_after',
  postgres: `SELECT owner_id, kind, since, key_id, token FROM wrapped_key
    WHERE (owner_id, kind, since) > ($1::uuid, $2, $3::uuid) ORDER BY owner_id, kind, since LIMIT $4`,
  sqlite: `SELECT owner_id, kind, since, key_id, token FROM wrapped_key
    WHERE (owner_id, kind, since) > (?, ?, ?) ORDER BY owner_id, kind, since LIMIT +?`,
});

/** What was found of one kind of sealed things. */
export interface VerifiedPart {
  part: string;
  opened: number;
  failed: number;
  /** Ids of the first hundred that do not open: of messages, or of whom a key is. */
  failures: string[];
}

export interface VerificationReport {
  parts: VerifiedPart[];
  failed: number;
  seconds: number;
}

/** Opens all that there is of one kind, in slices that let others in, and notes what it finds. */
export interface Verifiable {
  readonly part: string;
  verify(found: Findings): Promise<void>;
}

/** What is found while it goes on. */
export class Findings implements VerifiedPart {
  opened = 0;
  failed = 0;
  readonly failures: string[] = [];

  constructor(
    readonly part: string,
    private readonly onFailure: (part: string, id: string) => void,
  ) {}

  fail(id: string): void {
    this.failed++;
    if (this.failures.length >= MOST_NAMED) return;
    this.failures.push(id);
    this.onFailure(this.part, id);
  }
}

/** Opens every key, and whatever else is sealed, each in its place; what does not open is reported. */
@Injectable()
export class KeyVerification {
  /** Since the start, by part. */
  readonly counts: Record<'opened' | 'failed', Record<string, number>> = {
    opened: { keys: 0 },
    failed: { keys: 0 },
  };
  private readonly logger = new Logger('keys');
  private readonly sealed: Verifiable[] = [];
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly database: Database,
    private readonly master: MasterKeys,
  ) {}

  /** Adds what is sealed beside keys, and looked at with `messages`. */
  register(verifiable: Verifiable): void {
    this.sealed.push(verifiable);
  }

  /**
   * One at a time: a second call waits for the first.
   *
   * @param options.messages whether it opens all that is sealed, not the keys alone
   */
  verify({ messages }: { messages: boolean }): Promise<VerificationReport> {
    const next = this.last.then(() => this.run(messages));
    this.last = next.catch(() => undefined);
    return next;
  }

  private async run(messages: boolean): Promise<VerificationReport> {
    const begun = performance.now();
    const keys: Verifiable = { part: 'keys', verify: (found) => this.openKeys(found) };
    const parts: VerifiedPart[] = [];
    for (const one of messages ? [keys, ...this.sealed] : [keys]) parts.push(await this.open(one));
    const failed = parts.reduce((sum, part) => sum + part.failed, 0);
    const seconds = Math.round(performance.now() - begun) / 1000;
    this.logger.log({ event: 'keys.verified', failed, seconds });
    return { parts, failed, seconds };
  }

  private async open(one: Verifiable): Promise<VerifiedPart> {
    const found = new Findings(one.part, (part, id) =>
      this.logger.error({ event: 'keys.verify_failed', part, id }),
    );
    await one.verify(found);
    const { part, opened, failed, failures } = found;
    this.counts.opened[part] = (this.counts.opened[part] ?? 0) + opened;
    this.counts.failed[part] = (this.counts.failed[part] ?? 0) + failed;
    return { part, opened, failed, failures };
  }

  private async openKeys(found: Findings): Promise<void> {
    let place: [string, string, string] = [FIRST_KEY, '', FIRST_KEY];
    for (;;) {
      const rows = await this.database.rows<StoredKey>(KEYS_AFTER, [...place, STEP]);
      const shut = await this.shutAmong(rows);
      found.opened += rows.length - shut.length;
      // Looked at once more: they may have been destroyed, or wrapped anew, meanwhile.
      const owners = [...new Set(shut.map(([ownerId]) => ownerId))];
      const again = await this.database.rows<StoredKey>(KEYS_OF, [owners]);
      const placesOf = (keys: StoredKey[]): Set<string> => new Set(keys.map(placeOf));
      const still = placesOf(await this.shutAmong(again));
      for (const key of shut) if (still.has(placeOf(key))) found.fail(key[0]);
      const last = rows.at(-1);
      if (!last || rows.length < STEP) return;
      place = [last[0], last[1], last[2]];
    }
  }

  private async shutAmong(keys: StoredKey[]): Promise<StoredKey[]> {
    const opens = await inSlices(keys, (key) => this.opens(key));
    return keys.filter((_, index) => !opens[index]);
  }

  private opens([ownerId, , , keyId, token]: StoredKey): boolean {
    try {
      this.master.unwrap(ownerId, { keyId, token }).fill(0);
      return true;
    } catch (error) {
      if (error instanceof KeyMissingError) return false;
      throw error;
    }
  }
}

function placeOf([ownerId, kind, since]: StoredKey): string {
  return `${ownerId} ${kind} ${since}`;
}

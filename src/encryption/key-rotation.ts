import { Injectable, Logger } from '@nestjs/common';
import type { Row } from '../database/statement.js';
import type { Transaction } from '../database/transaction.js';
import { PeriodicJob } from '../jobs/job.js';
import { KeyMissingError } from './encryption.errors.js';
import { KeyReports } from './key-reports.js';
import { MasterKeys } from './master-keys.js';
import { FIND_OLD_KEYS, NEXT_KEY_ID, WRITE_REWRAPPED } from './rotation-statements.js';
import { FIRST_KEY } from './wrapped-key.entity.js';

/** Unwrapping and wrapping one takes some 40 µs, in which nobody else's request goes on. */
const BATCH = 200;
const WAIT_SECONDS = 30;
/** With more than so many that do not open, something else is wrong than one row. */
const MOST_FAILURES = 1000;

type OldKey = [ownerId: string, kind: string, since: string, token: string];

/** Under one master key. */
interface OldKeys {
  keyId: string;
  old: OldKey[];
}

/**
 * Wraps every key of a room or author under the first master key, in small batches, while the server
 * works: the old master key can go once nothing is left. It touches no message.
 */
@Injectable()
export class KeyRotation extends PeriodicJob {
  readonly name = 'key-rotation';
  readonly everySeconds = 600;
  /** Since the start. */
  readonly counts = { rewrapped: 0, failed: 0 };
  private readonly logger = new Logger('keys');
  /** Owners of keys that do not open under the master key that they name. */
  private readonly failed = new Set<string>();
  private run: { rows: number; since: number } | undefined;

  constructor(
    private readonly master: MasterKeys,
    private readonly reports: KeyReports,
  ) {
    super();
  }

  async step(tx: Transaction): Promise<boolean> {
    const found = await this.findOld(tx);
    if (!found) return this.finish(tx);
    const living = await this.reports.living(tx);
    const others = living.filter((keyId) => keyId !== this.master.currentId);
    if (others.length > 0) return this.wait(others);
    this.begin();
    const { rewrapped, failed } = this.rewrap(found);
    if (rewrapped.length > 0) tx.commitWith({ statement: WRITE_REWRAPPED, lists: [rewrapped] });
    tx.onCommit(() => this.count(found.keyId, rewrapped.length, failed));
    return true;
  }

  /** Of keys under a master key that is not here nothing can be done: the server is not ready then. */
  private async findOld(tx: Transaction): Promise<OldKeys | undefined> {
    if (this.failed.size >= MOST_FAILURES) return undefined;
    for (let [next] = await tx.rows<[string]>(NEXT_KEY_ID, ['']); next;) {
      const [keyId] = next;
      if (keyId !== this.master.currentId && this.master.has(keyId)) {
        const skipped = [FIRST_KEY, ...this.failed];
        const old = await tx.rows<OldKey>(FIND_OLD_KEYS, [keyId, skipped, BATCH]);
        if (old.length > 0) return { keyId, old };
      }
      [next] = await tx.rows<[string]>(NEXT_KEY_ID, [keyId]);
    }
    return undefined;
  }

  private rewrap({ keyId, old }: OldKeys): { rewrapped: Row[]; failed: string[] } {
    const rewrapped: Row[] = [];
    const failed: string[] = [];
    for (const [owner_id, kind, since, token] of old) {
      try {
        const key = this.master.unwrap(owner_id, { keyId, token });
        const wrapped = this.master.wrap(owner_id, key);
        rewrapped.push({ owner_id, kind, since, key_id: wrapped.keyId, token: wrapped.token });
      } catch (error) {
        if (!(error instanceof KeyMissingError)) throw error;
        failed.push(owner_id);
      }
    }
    return { rewrapped, failed };
  }

  private begin(): void {
    if (this.run) return;
    this.run = { rows: 0, since: performance.now() };
    this.logger.log({ event: 'keys.rotation_started', key_id: this.master.currentId });
  }

  private count(keyId: string, rows: number, failed: string[]): void {
    this.counts.rewrapped += rows;
    if (this.run) this.run.rows += rows;
    for (const owner_id of failed) {
      this.failed.add(owner_id);
      this.counts.failed++;
      this.logger.error({ event: 'keys.rewrap_failed', key_id: keyId, owner_id });
    }
  }

  /** Until all processes wrap under the same key, what is rewrapped would not be the last of the old ones. */
  private wait(others: string[]): boolean {
    this.logger.log({
      event: 'keys.rotation_waits',
      key_id: this.master.currentId,
      other_key_ids: others,
    });
    this.wakeIn(WAIT_SECONDS);
    return false;
  }

  private finish(tx: Transaction): boolean {
    const { run } = this;
    if (!run) return false;
    this.run = undefined;
    const seconds = Math.round(performance.now() - run.since) / 1000;
    const outcome = { rows: run.rows, seconds, failed: this.failed.size };
    tx.onCommit(() => this.logger.log({ event: 'keys.rotation_finished', ...outcome }));
    return false;
  }
}

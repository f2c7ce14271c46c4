import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { Pause } from '../common/pause.js';
import { Database } from '../database/database.js';
import type { Row, Statement } from '../database/statement.js';
import type { Reads, Transaction } from '../database/transaction.js';
import { PeriodicJob } from '../jobs/job.js';
import { KeyMissingError } from './encryption.errors.js';
import { FailedKeys, type Place } from './failed-keys.js';
import { KeyCounts } from './key-counts.js';
import { KeyReports } from './key-reports.js';
import { MasterKeys } from './master-keys.js';
import { NOTE_FAILED, NOTE_USE } from './report-statements.js';
import { FIND_OLD_KEYS, FIND_OTHERS_OLD_KEYS, WRITE_REWRAPPED } from './rotation-statements.js';
import { storedKeyIds } from './stored-key-ids.js';
import { FIRST_KEY } from './wrapped-key.entity.js';

/** Unwrapping and wrapping one takes some 40 µs, in which nobody else's request goes on. */
const BATCH = 200;
const WAIT_SECONDS = 30;
/** With more than so many that do not open, something else is wrong than one row. */
const MOST_FAILURES = 1000;

/** For what another worker has locked. */
const OTHERS_MS = 100;

type OldKey = [ownerId: string, kind: string, since: string, token: string];

/** Under one master key. */
interface OldKeys {
  keyId: string;
  old: OldKey[];
}

/** What became of one batch. */
interface Batch {
  rows: number;
  failed: number;
  /** First master keys of other processes, for which it waits. */
  waitsFor: string[];
  isLast: boolean;
}

export interface RotationReport {
  /** Keys that were wrapped anew. */
  rows: number;
  /** Those that do not open, found now or before: they are left. */
  failed: number;
  seconds: number;
  /** First master keys of other processes: nothing is wrapped anew until they have the same one as this. */
  waits_for: string[];
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
  private readonly failed = new FailedKeys();
  private run: { rows: number; since: number } | undefined;
  private readonly pause = new Pause();
  private asked: Promise<unknown> = Promise.resolve();
  /** Meanwhile the job of this process leaves it alone: on SQLite two batches would share a transaction. */
  private isAsked = false;

  constructor(
    private readonly database: Database,
    private readonly master: MasterKeys,
    private readonly reports: KeyReports,
    private readonly counted: KeyCounts,
  ) {
    super();
  }

  async step(tx: Transaction): Promise<boolean> {
    if (this.isAsked) return false;
    const { isLast, waitsFor } = await this.batch(tx);
    if (isLast) await this.failed.lookAgain(tx);
    if (waitsFor.length > 0) this.wait(waitsFor);
    else if (isLast) tx.onCommit(() => this.finish());
    return !isLast;
  }

  /**
   * Does all there is to do, whichever process has the job: two at once do not disturb each other.
   * Resolves once nothing is left that opens.
   */
  rotate(): Promise<RotationReport> {
    const next = this.asked.then(async () => {
      this.isAsked = true;
      return this.rotateAll().finally(() => (this.isAsked = false));
    });
    this.asked = next.catch(() => undefined);
    return next;
  }

  private async rotateAll(): Promise<RotationReport> {
    const begun = performance.now();
    const report: RotationReport = {
      rows: 0,
      failed: 0,
      seconds: 0,
      waits_for: [],
    };
    for (;;) {
      const { rows, waitsFor, isLast } = await this.database.write((tx) => this.batch(tx));
      report.rows += rows;
      report.waits_for = waitsFor;
      if (!isLast) {
        await this.rest();
        continue;
      }
      if (waitsFor.length > 0 || !(await this.findOld(this.database, FIND_OTHERS_OLD_KEYS))) break;
      await sleep(OTHERS_MS);
    }
    if (this.failed.size > 0) await this.database.write((tx) => this.failed.lookAgain(tx));
    if (report.waits_for.length === 0) this.finish();
    report.failed = this.failed.size;
    report.seconds = Math.round(performance.now() - begun) / 1000;
    return report;
  }

  override rest(ending?: AbortSignal): Promise<void> {
    return this.pause.rest(ending);
  }

  private async batch(tx: Transaction): Promise<Batch> {
    const found = await this.findOld(tx, FIND_OLD_KEYS);
    if (!found) return { rows: 0, failed: 0, waitsFor: [], isLast: true };
    const waitsFor = await this.reports.otherFirstKeys(tx);
    if (waitsFor.length > 0) return { rows: 0, failed: 0, waitsFor, isLast: true };
    this.begin();
    const { keyId } = found;
    this.pause.begin();
    const { rewrapped, failed } = this.rewrap(found);
    this.pause.end();
    await tx.rows(NOTE_USE, [[keyId]]);
    if (failed.length > 0) {
      await tx.rows(NOTE_FAILED, [keyId, this.failed.countUnder(keyId) + failed.length]);
    }
    if (rewrapped.length > 0) tx.commitWith({ statement: WRITE_REWRAPPED, lists: [rewrapped] });
    tx.onCommit(() => this.count(keyId, rewrapped.length, failed));
    return {
      rows: rewrapped.length,
      failed: failed.length,
      waitsFor,
      isLast: false,
    };
  }

  /** Of keys under a master key that is not here nothing can be done: the server is not ready then. */
  private async findOld(
    reads: Pick<Reads, 'rows'>,
    statement: Statement,
  ): Promise<OldKeys | undefined> {
    if (this.failed.size >= MOST_FAILURES) return undefined;
    for (const keyId of await storedKeyIds(reads)) {
      if (this.master.stateOf(keyId) !== 'opens') continue;
      const skipped = [[FIRST_KEY, FIRST_KEY], ...this.failed.places];
      const old = await reads.rows<OldKey>(statement, [keyId, skipped, BATCH]);
      if (old.length > 0) return { keyId, old };
    }
    return undefined;
  }

  private rewrap({ keyId, old }: OldKeys): {
    rewrapped: Row[];
    failed: Place[];
  } {
    const rewrapped: Row[] = [];
    const failed: Place[] = [];
    for (const [owner_id, kind, since, token] of old) {
      try {
        const key = this.master.unwrap(owner_id, { keyId, token });
        const wrapped = this.master.wrap(owner_id, key);
        key.fill(0);
        rewrapped.push({
          owner_id,
          kind,
          since,
          key_id: wrapped.keyId,
          token: wrapped.token,
        });
      } catch (error) {
        if (!(error instanceof KeyMissingError)) throw error;
        failed.push([owner_id, since]);
      }
    }
    return { rewrapped, failed };
  }

  private begin(): void {
    if (this.run) return;
    this.run = { rows: 0, since: performance.now() };
    this.logger.log({
      event: 'keys.rotation_started',
      key_id: this.master.currentId,
    });
  }

  private count(keyId: string, rows: number, failed: Place[]): void {
    this.counts.rewrapped += rows;
    if (this.run) this.run.rows += rows;
    for (const place of failed) {
      const [owner_id] = place;
      this.failed.add(place, keyId);
      this.counts.failed++;
      this.logger.error({
        event: 'keys.rewrap_failed',
        key_id: keyId,
        owner_id,
      });
    }
  }

  /** Until all processes wrap under the same key, what is rewrapped would not be the last of the old ones. */
  private wait(others: string[]): void {
    this.logger.log({
      event: 'keys.rotation_waits',
      key_id: this.master.currentId,
      other_key_ids: others,
    });
    this.wakeIn(WAIT_SECONDS);
  }

  private finish(): void {
    this.counted.count().catch((err: unknown) => {
      this.logger.warn({ event: 'keys.not_counted', err });
    });
    const { run } = this;
    if (!run) return;
    this.run = undefined;
    const seconds = Math.round(performance.now() - run.since) / 1000;
    const outcome = { rows: run.rows, seconds, failed: this.failed.size };
    this.logger.log({ event: 'keys.rotation_finished', ...outcome });
  }
}

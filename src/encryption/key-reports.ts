import { BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { newId } from '../crypto/ids.js';
import { Database } from '../database/database.js';
import type { Reads } from '../database/transaction.js';
import { LocalJob } from '../jobs/job.js';
import { OtherMasterKeyError } from './encryption.errors.js';
import { MasterKeys } from './master-keys.js';
import { FIND_LIVING, FORGET_REPORT, NOTE_USE, REPORT } from './report-statements.js';
import { storedKeyIds } from './stored-key-ids.js';

/** The master keys of one process. */
export interface KeyReport {
  /** The first of them, under which it wraps. */
  keyId: string;
  keyIds: string[];
}

/**
 * Tells other processes which master keys this one has, for as long as it lives, and notes when which
 * of them was last in use.
 */
@Injectable()
export class KeyReports extends LocalJob implements BeforeApplicationShutdown {
  readonly name = 'key-reports';
  private readonly process = newId();
  private isOver = false;

  constructor(
    private readonly database: Database,
    private readonly master: MasterKeys,
  ) {
    super();
  }

  /** The process on SQLite is the only one: what it uses changes with a restart or SIGHUP alone. */
  get everySeconds(): number | undefined {
    return this.database.isShared ? 30 : undefined;
  }

  async run(): Promise<void> {
    if (this.isOver) return;
    const { currentId, ids } = this.master;
    await this.database.write(async (tx) => {
      if (tx.isShared) await tx.rows(REPORT, [this.process, currentId, ids.join()]);
      const inUse = new Set([currentId, ...(await storedKeyIds(tx))]);
      await tx.rows(NOTE_USE, [[...inUse].sort()]);
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.isOver = true;
    if (!this.database.isShared) return;
    const withdrawn = this.database.write(async (tx) => {
      await tx.rows(NOTE_USE, [[this.master.currentId]]);
      await tx.rows(FORGET_REPORT, [this.process]);
    });
    await withdrawn.catch(() => undefined); // it runs out
  }

  /** The living processes; on SQLite this is the only one. */
  async living(reads: Pick<Reads, 'rows'> = this.database): Promise<KeyReport[]> {
    const { currentId, ids } = this.master;
    if (!this.database.isShared) return [{ keyId: currentId, keyIds: ids }];
    const rows = await reads.rows<[string, string]>(FIND_LIVING, []);
    return rows.map(([keyId, keyIds]) => ({ keyId, keyIds: keyIds.split(',') }));
  }

  /** First master keys of living processes that are not this one's. */
  async otherFirstKeys(reads?: Pick<Reads, 'rows'>): Promise<string[]> {
    const living = await this.living(reads);
    const first = new Set(living.map(({ keyId }) => keyId));
    first.delete(this.master.currentId);
    return [...first];
  }

  /**
   * For a process that does not report: a command.
   *
   * @throws OtherMasterKeyError where processes that run wrap under another first key
   */
  async requireSameFirstKey(): Promise<void> {
    const [other] = await this.otherFirstKeys();
    if (other !== undefined) throw new OtherMasterKeyError(other, this.master.currentId);
  }
}

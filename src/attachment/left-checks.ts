import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import type { Transaction } from '../database/transaction.js';
import { PeriodicJob } from '../jobs/job.js';
import { attachmentUpdate, lockAttachments } from './attachment-rows.js';
import { LIST_UNCHECKED, UPDATE_ATTACHMENTS } from './attachment-statements.js';
import { FileChecks } from './file-checks.js';

/** A check takes less; one that was begun before was left by a process that is no more. */
const LEFT_MS = 30_000;
/** It has that time, too. */
const BATCH_SIZE = 1;

/** Takes up the checks of files that a crash, or a store that was away, has left. */
@Injectable()
export class LeftChecks extends PeriodicJob {
  readonly name = 'attachment-check';
  readonly everySeconds = 10;
  override readonly isOn: boolean;
  private taken: string[] = [];

  constructor(
    private readonly checks: FileChecks,
    settings: Settings,
  ) {
    super();
    this.isOn = settings.attachments !== null;
  }

  async step(tx: Transaction): Promise<boolean> {
    this.taken = [];
    const left = await tx.rows<[string]>(LIST_UNCHECKED, [Date.now() - LEFT_MS, BATCH_SIZE]);
    const files = await lockAttachments(
      tx,
      left.map(([id]) => id),
    );
    const own = files.filter(({ state }) => state === 'checking');
    const updates = own.map((file) => attachmentUpdate(file, Date.now()));
    tx.commitWith({ statement: UPDATE_ATTACHMENTS, lists: [updates] });
    this.taken = own.map(({ id }) => id);
    return own.length > 0;
  }

  override async carryOut(): Promise<void> {
    for (const id of this.taken.splice(0)) await this.checks.check(id);
  }
}

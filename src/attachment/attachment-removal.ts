import { Inject, Injectable, Logger } from '@nestjs/common';
import { Database } from '../database/database.js';
import type { Transaction } from '../database/transaction.js';
import { PeriodicJob } from '../jobs/job.js';
import { AttachmentEnds } from './attachment-ends.js';
import { attachmentUpdate, lockAttachments } from './attachment-rows.js';
import {
  DELETE_ATTACHMENTS,
  DELETE_PARTS,
  LIST_DUE,
  UPDATE_ATTACHMENTS,
} from './attachment-statements.js';
import { BLOB_STORE, type BlobStore } from './blob-store.js';

const BATCH_SIZE = 50;
/** So many in a row are the store's own. */
const MOST_FAULTS = 3;
/** So long a batch is this process's; should it end meanwhile, or the store be away, it is tried again. */
const LEASE_MS = 60_000;

/**
 * Ends what was never sent, and removes the objects of what has ended; a row goes once its objects have.
 * Nothing is removed that no row names.
 */
@Injectable()
export class AttachmentRemoval extends PeriodicJob {
  readonly name = 'attachment-removal';
  readonly everySeconds = 30;
  override readonly isOn: boolean;
  private readonly logger = new Logger(AttachmentRemoval.name);
  private taken: string[] = [];

  constructor(
    private readonly database: Database,
    private readonly ends: AttachmentEnds,
    @Inject(BLOB_STORE) private readonly store: BlobStore | null,
  ) {
    super();
    this.isOn = store !== null;
    ends.watch(() => this.wake());
  }

  async step(tx: Transaction): Promise<boolean> {
    this.taken = [];
    const due = await tx.rows<[string]>(LIST_DUE, [Date.now(), BATCH_SIZE]);
    const files = await lockAttachments(
      tx,
      due.map(([id]) => id),
    );
    const dead = files.filter(isDue);
    const ended = dead.filter(({ state }) => state === 'ended');
    this.ends.end(tx, dead); // those that were not sent in time: they are due once more
    const removeAt = new Date(Date.now() + LEASE_MS);
    const leases = ended.map((file) => attachmentUpdate({ ...file, removeAt }));
    tx.commitWith({ statement: UPDATE_ATTACHMENTS, lists: [leases] });
    this.taken = ended.map(({ id }) => id);
    return files.length === BATCH_SIZE;
  }

  override async carryOut(): Promise<void> {
    const ids = this.taken.splice(0);
    if (ids.length === 0) return;
    const { removed, faults } = await this.remove(ids);
    if (removed.length > 0) {
      await this.database.write(async (tx) => {
        await tx.rows(DELETE_PARTS, [removed]);
        await tx.rows(DELETE_ATTACHMENTS, [removed]);
      });
      this.logger.log({ event: 'attachments.removed', count: removed.length });
    }
    if (faults.length > 0) throw faults[0];
  }

  /** What cannot be removed keeps no others from going, unless the store itself is away. */
  private async remove(ids: string[]): Promise<{ removed: string[]; faults: unknown[] }> {
    const removed: string[] = [];
    const faults: unknown[] = [];
    let inARow = 0;
    // In another order each time: those that never go do not always stand before the others.
    const shuffled = ids.map((id) => ({ id, at: Math.random() })).sort((a, b) => a.at - b.at);
    for (const { id } of shuffled) {
      try {
        await this.store!.removeAll(id);
        removed.push(id);
        inARow = 0;
      } catch (error) {
        faults.push(error);
        if (++inARow === MOST_FAULTS) break;
      }
    }
    return { removed, faults };
  }
}

/** It may have been sent since it was found. */
function isDue({ removeAt }: { removeAt: Date | null }): boolean {
  return removeAt !== null && removeAt.getTime() <= Date.now();
}

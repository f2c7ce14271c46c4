import { BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { newId } from '../crypto/ids.js';
import { Database } from '../database/database.js';
import { NEVER, POSTGRES_NOW, statement } from '../database/statement.js';
import type { Reads } from '../database/transaction.js';
import { LocalJob } from '../jobs/job.js';
import { MasterKeys } from './master-keys.js';

/** A process that has reported within it is taken to be alive. */
const LIVING_MS = 60_000;
const KEPT_MS = 3_600_000;

const REPORT = statement({
  name: 'report_key',
  postgres: `INSERT INTO key_report (process, key_id, at) VALUES ($1, $2, ${POSTGRES_NOW})
    ON CONFLICT (process) DO UPDATE SET key_id = EXCLUDED.key_id, at = EXCLUDED.at`,
  sqlite: NEVER,
});
/** Of a handful of rows. */
const FIND_LIVING = statement({
  name: 'find_living_reports',
  postgres: `SELECT DISTINCT key_id FROM key_report WHERE at > ${POSTGRES_NOW} - ${LIVING_MS}`,
  sqlite: NEVER,
});
const WITHDRAW = statement({
  name: 'withdraw_report',
  postgres: `DELETE FROM key_report WHERE process = $1 OR at < ${POSTGRES_NOW} - ${KEPT_MS}`,
  sqlite: NEVER,
});

/** Tells other processes under which master key this one wraps, for as long as it lives. */
@Injectable()
export class KeyReports extends LocalJob implements BeforeApplicationShutdown {
  readonly name = 'key-reports';
  readonly everySeconds = 30;
  private readonly process = newId();
  private isOver = false;

  constructor(
    private readonly database: Database,
    private readonly master: MasterKeys,
  ) {
    super();
  }

  async run(): Promise<void> {
    if (!this.database.isShared || this.isOver) return;
    await this.database.write((tx) => tx.rows(REPORT, [this.process, this.master.currentId]));
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.isOver = true;
    if (!this.database.isShared) return;
    await this.database.write((tx) => tx.rows(WITHDRAW, [this.process])).catch(() => undefined); // it runs out
  }

  /** Ids of the master keys under which living processes wrap; on SQLite this is the only one. */
  async living(reads: Pick<Reads, 'rows'> = this.database): Promise<string[]> {
    if (!this.database.isShared) return [];
    const rows = await reads.rows<[string]>(FIND_LIVING, []);
    return rows.map(([keyId]) => keyId);
  }
}

import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { type CountsByKind, KeyCounts } from './key-counts.js';
import { type KeyReport, KeyReports } from './key-reports.js';
import { MasterKeys, type MasterKeyState } from './master-keys.js';
import { FIND_USES } from './report-statements.js';
import { storedKeyIds } from './stored-key-ids.js';

/** From the last use of a master key until it can go: whatever was under way has committed by then. */
const SAFE_AFTER_MS = 600_000;
/** Two periods of the rotation, which counts: longer ago, another process has taken over. */
const COUNTED_MS = 1_200_000;
const NONE: CountsByKind = { chat: 0, author: 0 };

export interface MasterKeyStatus {
  key_id: string;
  state: MasterKeyState;
  /** Stored keys under it. */
  chats: number;
  authors: number;
  /** Of these: such as the rotation found not to open. */
  failed: number;
  /** Living processes that wrap under it, and that have it. */
  processes_sealing: number;
  processes_opening: number;
  /** When it was last in use, RFC 3339; null: never. */
  used_at: string | null;
  safe_to_drop: boolean;
  /** From when it is, perhaps in the future; null: nothing to be said yet. */
  safe_from: string | null;
}

export interface KeysReport {
  /** In the order of the list, then those that this process lacks. */
  keys: MasterKeyStatus[];
  /** Living ones. */
  processes: number;
  /** Stored keys that are not under the first master key. */
  left: number;
  failed: number;
  /** First master keys of living processes that are not this one's. */
  other_first_keys: string[];
  /** Master keys that stored keys are under, and that this process lacks. */
  missing: string[];
}

/** What all statuses are made of. */
interface Facts {
  counts: Map<string, CountsByKind>;
  living: KeyReport[];
  uses: Map<string, { usedAt: number; failed: number; now: number }>;
}

/** PostgreSQL answers bigint as text. */
type UseRow = [keyId: string, usedAt: number | string, failed: number, now: number | string];

/** Which master keys are in use, what is under them, and which can go. */
@Injectable()
export class KeyStatus {
  constructor(
    private readonly database: Database,
    private readonly master: MasterKeys,
    private readonly reports: KeyReports,
    private readonly counts: KeyCounts,
  ) {}

  /** It counts all stored keys, in steps that let others in: 100,000 in a fraction of a second. */
  async read(): Promise<KeysReport> {
    const counts = await this.counts.count();
    // Afterwards: what was written meanwhile behind the count is not overlooked.
    const stored = new Set(await storedKeyIds(this.database));
    for (const id of stored) if (!counts.has(id)) counts.set(id, { chat: 0, author: 1 });
    for (const id of counts.keys()) if (!stored.has(id)) counts.delete(id);
    const living = await this.reports.living();
    const seen = [...stored, ...living.flatMap(({ keyIds }) => keyIds)].sort();
    const ids = [...new Set([...this.master.ids, ...seen])];
    const facts = { counts, living, uses: await this.uses(ids) };
    const keys = ids.map((id) => this.statusOf(id, facts));
    return reportOf(keys, living.length);
  }

  /** How many keys were last counted under which master key; nothing where that was long ago. */
  lastCounted(): { labels: { key_id: string; state: MasterKeyState }; value: number }[] {
    const { last } = this.counts;
    if (!last || performance.now() - last.at > COUNTED_MS) return [];
    return [...new Set([...this.master.ids, ...last.counts.keys()])].map((key_id) => {
      const { chat, author } = last.counts.get(key_id) ?? NONE;
      return { labels: { key_id, state: this.master.stateOf(key_id) }, value: chat + author };
    });
  }

  private async uses(ids: string[]): Promise<Facts['uses']> {
    const rows = await this.database.rows<UseRow>(FIND_USES, [ids]);
    return new Map(
      rows.map(([id, usedAt, failed, now]) => [
        id,
        { usedAt: Number(usedAt), failed, now: Number(now) },
      ]),
    );
  }

  private statusOf(key_id: string, { counts, living, uses }: Facts): MasterKeyStatus {
    const { chat, author } = counts.get(key_id) ?? NONE;
    const state = this.master.stateOf(key_id);
    const sealing = living.filter(({ keyId }) => keyId === key_id).length;
    const use = uses.get(key_id);
    const isOver = state === 'opens' && sealing === 0 && chat + author === 0;
    const safeFrom = isOver && use ? use.usedAt + SAFE_AFTER_MS : undefined;
    return {
      key_id,
      state,
      chats: chat,
      authors: author,
      failed: state === 'opens' ? Math.min(use?.failed ?? 0, chat + author) : 0,
      processes_sealing: sealing,
      processes_opening: living.filter(({ keyIds }) => keyIds.includes(key_id)).length,
      used_at: use ? new Date(use.usedAt).toISOString() : null,
      safe_to_drop: safeFrom !== undefined && use!.now >= safeFrom,
      safe_from: safeFrom === undefined ? null : new Date(safeFrom).toISOString(),
    };
  }
}

function reportOf(keys: MasterKeyStatus[], processes: number): KeysReport {
  const [, ...rest] = keys;
  const idsOf = (some: MasterKeyStatus[]): string[] => some.map(({ key_id }) => key_id);
  return {
    keys,
    processes,
    left: rest.reduce((sum, { chats, authors }) => sum + chats + authors, 0),
    failed: rest.reduce((sum, { failed }) => sum + failed, 0),
    other_first_keys: idsOf(rest.filter((key) => key.processes_sealing > 0)),
    missing: idsOf(rest.filter((key) => key.state === 'unknown' && key.chats + key.authors > 0)),
  };
}

/** Of the command: 0 nothing is left, 3 it is not finished, 4 a master key is missing. */
export function exitCodeOf(report: KeysReport): 0 | 3 | 4 {
  if (report.missing.length > 0) return 4;
  return report.left > 0 || report.other_first_keys.length > 0 ? 3 : 0;
}

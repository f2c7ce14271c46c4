/** What a restore has brought. */
export interface Restored {
  accounts: number;
  rooms: number;
  messages: number;
  newest_message_at: string | null;
  /** None, unless they were to be kept. */
  sessions: number;
}

/** Of one row, on either database. */
export const COUNTS = `SELECT (SELECT COUNT(*) FROM users) AS accounts, (SELECT COUNT(*) FROM chat) AS rooms,
  (SELECT COUNT(*) FROM message) AS messages, (SELECT MAX(created_at) FROM message) AS newest,
  (SELECT COUNT(*) FROM session) AS sessions`;

/** Tables whose rows belong to the moment of the backup, and not to what comes after it. */
const MOMENTARY = ['installation', 'job', 'key_report', 'gone'];
const SESSIONS = ['whitelisted_token', 'session'];

/** Tables of which no row is restored. */
export function emptied(areSessionsKept: boolean): string[] {
  return areSessionsKept ? MOMENTARY : [...MOMENTARY, ...SESSIONS];
}

export function toRestored(row: Record<string, unknown>): Restored {
  const { newest } = row;
  return {
    accounts: Number(row.accounts),
    rooms: Number(row.rooms),
    messages: Number(row.messages),
    newest_message_at: newest === null ? null : new Date(Number(newest)).toISOString(),
    sessions: Number(row.sessions),
  };
}

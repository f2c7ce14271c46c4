import type { DataSource } from 'typeorm';
import type { Settings } from '../../config/settings.js';
import { type Finding, findingsOf } from './finding.js';

const { danger } = findingsOf('jobs');
const HOUR_MS = 3_600_000;
const LEASE_MS = 60_000;
const NOW = '(extract(epoch FROM clock_timestamp()) * 1000)::bigint';
const LIVING = `SELECT COUNT(*) AS count FROM key_report WHERE at > ${NOW} - ${LEASE_MS}`;
const LEFT = `SELECT name FROM job WHERE until < ${NOW} - ${LEASE_MS} ORDER BY name`;
/** What a job should have done within minutes, an hour ago. */
const OVERDUE = [
  [
    'An account that was erased',
    'SELECT MIN(erased_at) AS since FROM users WHERE erased_at IS NOT NULL AND cleared_at IS NULL',
  ],
  [
    'A room that was deleted',
    'SELECT MIN(deleted_at) AS since FROM chat WHERE deleted_at IS NOT NULL',
  ],
  ['A session that has expired', 'SELECT MIN(expires_at) AS since FROM session'],
];
/** Done only where files are taken. */
const OF_FILES = ['attachment-check', 'attachment-removal'];
const LOOK = 'The log says why (job.failed); a restart of the server makes it begin anew.';

/** Work in the background that stands still while a server runs. @param isServed whether one does, of SQLite */
export async function jobFindings(
  source: DataSource,
  { attachments }: Pick<Settings, 'attachments'>,
  isServed: boolean,
  now: number,
): Promise<Finding[]> {
  const isPostgres = source.options.type === 'postgres';
  if (!(isPostgres ? await hasLiving(source) : isServed)) return [];
  const left = isPostgres ? await source.query<{ name: string }[]>(LEFT) : [];
  const wanted = left.filter(({ name }) => attachments !== null || !OF_FILES.includes(name));
  const found = wanted.map(({ name }) => danger(`No server does the job ${name}.`, LOOK));
  for (const [what, sql] of OVERDUE) {
    const [{ since }] = await source.query<[{ since: string | number | null }]>(sql);
    if (since === null || now - Number(since) < HOUR_MS) continue;
    const hours = Math.floor((now - Number(since)) / HOUR_MS);
    found.push(danger(`${what} ${hours} h ago has not been cleared away.`, LOOK));
  }
  return found;
}

async function hasLiving(source: DataSource): Promise<boolean> {
  const [{ count }] = await source.query<[{ count: string }]>(LIVING);
  return Number(count) > 0;
}

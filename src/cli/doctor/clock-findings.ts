import type { DataSource } from 'typeorm';
import { type Finding, findingsOf } from './finding.js';

const { danger, advice } = findingsOf('clock');
/** Beyond it the server takes no messages. */
const MOST_MS = 300_000;
const NOTICEABLE_MS = 5000;
const POSTGRES = 'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now';
/** What was written last cannot lie in the future. */
const SQLITE = 'SELECT MAX(last_message_at) AS now FROM chat';
const MEND = 'Have NTP set the clocks: timedatectl set-ntp true.';

/** How far this machine's clock is from the database's, or behind what was written last. */
export async function clockFindings(source: DataSource, clock: () => number): Promise<Finding[]> {
  const isPostgres = source.options.type === 'postgres';
  const [{ now }] = await source.query<[{ now: string | number | null }]>(
    isPostgres ? POSTGRES : SQLITE,
  );
  if (now === null) return [];
  const offMs = isPostgres ? clock() - Number(now) : Math.min(0, clock() - Number(now));
  if (Math.abs(offMs) < NOTICEABLE_MS) return [];
  const seconds = Math.round(Math.abs(offMs) / 1000);
  const where = isPostgres ? "PostgreSQL's" : 'when the last message was sent';
  const what = `The clock of this machine is ${seconds} s ${offMs > 0 ? 'ahead of' : 'behind'} ${where}.`;
  return [Math.abs(offMs) > MOST_MS ? danger(what, MEND) : advice(what, MEND)];
}

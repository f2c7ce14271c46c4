import { type Finding, findingsOf } from './finding.js';

const { danger, advice } = findingsOf('versions');

/** The last day of each major version: nodejs.org/en/about/previous-releases. */
const NODE: Record<number, string> = {
  20: '2026-04-30',
  21: '2024-06-01',
  22: '2027-04-30',
  23: '2025-06-01',
  24: '2028-04-30',
  25: '2026-06-01',
  26: '2029-04-30',
};
/** The same: www.postgresql.org/support/versioning. */
const POSTGRES: Record<number, string> = {
  13: '2025-11-13',
  14: '2026-11-12',
  15: '2027-11-11',
  16: '2028-11-09',
  17: '2029-11-08',
  18: '2030-11-14',
};
/** Until 3.51.3 a rare race could damage a database whose log is reset: sqlite.org/wal.html. */
const SQLITE = [3, 51, 3];
const OLDEST = [20, 19, 0];

/** @param version such as `22.14.0` */
export function nodeFindings(version: string, now: Date): Finding[] {
  const [major] = numbers(version);
  if (isOlder(numbers(version), OLDEST)) {
    return [danger(`Node ${version} is older than 20.19.`, 'Install Node 22 or 24.')];
  }
  return ended('Node', version, NODE[major], now, 'Install Node 24.');
}

export function postgresFindings(version: string, now: Date): Finding[] {
  const [major] = numbers(version);
  const end = POSTGRES[major] ?? (major < 13 ? POSTGRES[13] : undefined);
  return ended(
    'PostgreSQL',
    version,
    end,
    now,
    'Upgrade it (pg_upgrade), and to its newest minor version.',
  );
}

export function sqliteFindings(version: string): Finding[] {
  if (!isOlder(numbers(version), SQLITE)) return [];
  const what = `SQLite ${version} is older than 3.51.3, which mends a rare way to damage a database.`;
  return [advice(what, 'Install the packages of package-lock.json anew: npm ci.')];
}

function ended(
  name: string,
  version: string,
  end: string | undefined,
  now: Date,
  what: string,
): Finding[] {
  if (end === undefined || now <= new Date(`${end}T23:59:59Z`)) return [];
  return [
    advice(`${name} ${version} has been out of support since ${end}: nobody mends it.`, what),
  ];
}

function numbers(version: string): number[] {
  return version.split('.').map((part) => parseInt(part, 10));
}

function isOlder(version: number[], than: number[]): boolean {
  for (const [place, least] of than.entries()) {
    const part = version[place] ?? 0;
    if (part !== least) return part < least;
  }
  return false;
}

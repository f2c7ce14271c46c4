import { QueryFailedError } from 'typeorm';

const UNIQUE_VIOLATION = new Set([
  '23505',
  'SQLITE_CONSTRAINT_UNIQUE',
  'SQLITE_CONSTRAINT_PRIMARYKEY',
]);

const DEADLOCK = new Set(['40001', '40P01']);

/** Of PostgreSQL. */
const DISK_FULL = '53100';

export function isUniqueViolation(error: unknown): boolean {
  return UNIQUE_VIOLATION.has(codeOf(error));
}

/** Of PostgreSQL; SQLite has one writer. */
export function isDeadlock(error: unknown): boolean {
  return DEADLOCK.has(codeOf(error));
}

export function isDiskFull(error: unknown): boolean {
  return codeOf(error) === DISK_FULL;
}

function codeOf(error: unknown): string {
  if (!(error instanceof QueryFailedError)) return '';
  return (error.driverError as { code?: string }).code ?? '';
}

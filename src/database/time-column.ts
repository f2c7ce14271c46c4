import { Column, ColumnOptions, ValueTransformer } from 'typeorm';

/** `Date` in code, milliseconds since 1970 in the database; PostgreSQL answers bigint as text. */
const epochMilliseconds: ValueTransformer = {
  to: (time: unknown) => (time instanceof Date ? time.getTime() : time),
  from: (stored: string | number | null) => (stored === null ? null : new Date(Number(stored))),
};

/** A point in time to the millisecond, the same on both databases and in every time zone. */
export function TimeColumn(options: ColumnOptions = {}): PropertyDecorator {
  return Column({ ...options, type: 'bigint', transformer: epochMilliseconds });
}

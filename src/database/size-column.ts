import { Column, ColumnOptions, ValueTransformer } from 'typeorm';

/** PostgreSQL answers bigint as text. */
const whole: ValueTransformer = { to: (size: unknown) => size, from: Number };

/** A number of bytes, up to 2^53. */
export function SizeColumn(options: ColumnOptions = {}): PropertyDecorator {
  return Column({ ...options, type: 'bigint', transformer: whole });
}

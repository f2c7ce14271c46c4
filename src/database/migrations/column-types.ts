import type { EntityManager, TableColumnOptions } from 'typeorm';

/** The column types of both databases. Frozen: migrations that have run say what stands there. */
export function columnTypes({ dataSource }: EntityManager): {
  id: (name: string, more?: Partial<TableColumnOptions>) => TableColumnOptions;
  text: (name: string, length?: number, more?: Partial<TableColumnOptions>) => TableColumnOptions;
  word: (name: string, more?: Partial<TableColumnOptions>) => TableColumnOptions;
  integer: (name: string, more?: Partial<TableColumnOptions>) => TableColumnOptions;
  size: (name: string, more?: Partial<TableColumnOptions>) => TableColumnOptions;
  time: (name: string, more?: Partial<TableColumnOptions>) => TableColumnOptions;
  bytes: (name: string, more?: Partial<TableColumnOptions>) => TableColumnOptions;
} {
  const isPostgres = dataSource.options.type === 'postgres';
  return {
    id: (name, more) => ({ name, type: isPostgres ? 'uuid' : 'varchar', ...more }),
    text: (name, length, more) => ({
      name,
      ...(length ? { type: 'varchar', length: String(length) } : { type: 'text' }),
      ...more,
    }),
    /** Compared in bytes, as SQLite does. */
    word: (name, more) => ({ name, type: 'text', ...(isPostgres && { collation: 'C' }), ...more }),
    integer: (name, more) => ({ name, type: 'integer', ...more }),
    /** Bytes. */
    size: (name, more) => ({ name, type: 'bigint', ...more }),
    time: (name, more) => ({ name, type: 'bigint', ...more }),
    bytes: (name, more) => ({ name, type: isPostgres ? 'bytea' : 'blob', ...more }),
  };
}

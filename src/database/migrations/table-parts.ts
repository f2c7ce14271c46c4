import type { TableOptions } from 'typeorm';

/** Frozen, as the column types are. */

export const PRIMARY = { isPrimary: true };
export const NULL = { isNullable: true };
type Index = NonNullable<TableOptions['indices']>[number];
type ForeignKey = NonNullable<TableOptions['foreignKeys']>[number];

export function index(table: string, ...columnNames: string[]): Index {
  return { name: `ix_${table}_${columnNames.join('_')}`, columnNames };
}

export function unique(table: string, ...columnNames: string[]): Index {
  return { ...index(table, ...columnNames), isUnique: true };
}

/** Of those rows alone that have it. */
export function partial(table: string, column: string): Index {
  return { ...index(table, column), where: `${column} IS NOT NULL` };
}

export function foreignKey(
  table: string,
  column: string,
  to: string,
  onDelete = 'NO ACTION',
): ForeignKey {
  return {
    name: `fk_${table}_${column}`,
    columnNames: [column],
    referencedTableName: to,
    referencedColumnNames: ['id'],
    onDelete,
  };
}

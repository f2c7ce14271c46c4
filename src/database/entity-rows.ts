import type {
  EntityManager,
  EntityMetadata,
  EntitySubscriberInterface,
  InsertEvent,
  ValueTransformer,
} from 'typeorm';
import { isPostgres, type Parameter, runSql, type Statement } from './plain-sql.js';

type Entity<T> = new () => T;
type Row = Record<string, unknown>;
type ColumnMetadata = EntityMetadata['columns'][number];

interface Column {
  property: string;
  name: string;
  /** Given where values are not the same in code and in the database. */
  converted: ColumnMetadata | undefined;
  /** Whose transformer is all that converts them, without the driver's look at each type. */
  transformer: ValueTransformer | undefined;
}

interface Table {
  name: string;
  columns: Column[];
  /** The columns' names, as SQL. */
  list: string;
  /** The same, each with the table's name before it. */
  qualified: string;
  /** A `?` for each. */
  marks: string;
}

const SAME_IN_CODE = new Set<ColumnMetadata['type']>(['uuid', 'varchar', 'text', 'int']);

/** By the properties left out. */
const tables = new WeakMap<EntityMetadata, Map<string, Table>>();

/**
 * Reads whole rows of an entity by plain SQL: the same as `find`, for the hot paths, on which the
 * query builder costs more than the database does.
 *
 * @param clauses what follows `FROM table`, as `runSql` takes it
 * @param same what all rows have in common, and is not asked for
 */
export async function findRows<T extends object>(
  manager: EntityManager,
  entity: Entity<T>,
  clauses: string,
  parameters: Parameter[],
  same: Partial<T> = {},
): Promise<T[]> {
  const table = tableOf(manager, entity, Object.keys(same));
  const sql = `SELECT ${table.list} FROM "${table.name}" ${clauses}`;
  const rows = await runSql(manager, sql, parameters);
  const entities = rows.map((row) =>
    hydrate(manager, table, row, Object.assign(new entity(), same)),
  );
  for (const subscriber of subscribersOf(manager, entity)) {
    await whenAll(entities.map((loaded) => subscriber.afterLoad?.(loaded)));
  }
  return entities;
}

/**
 * Reads rows of an entity, each with the row of another one that is joined to it, if any; no
 * subscriber hears of them. The first column of the other one is never null.
 *
 * @param clauses what follows `FROM table`: a join first
 */
export async function findPairs<A extends object, B extends object>(
  manager: EntityManager,
  [first, second]: [Entity<A>, Entity<B>],
  clauses: string,
  parameters: Parameter[],
): Promise<[A, B | null][]> {
  const [one, other] = [tableOf(manager, first), tableOf(manager, second)];
  const sql = `SELECT ${one.qualified}, ${other.qualified} FROM "${one.name}" ${clauses}`;
  const rows = await runSql(manager, sql, parameters);
  const width = one.columns.length;
  return rows.map((row) => [
    hydrate(manager, one, row, new first()),
    row[width] === null ? null : hydrate(manager, other, row, new second(), width),
  ]);
}

/** Shows rows that are to be inserted to those who listen to their inserts. */
export async function beforeInsert<T extends object>(
  manager: EntityManager,
  entity: Entity<T>,
  rows: T[],
): Promise<void> {
  for (const subscriber of subscribersOf(manager, entity)) {
    const events = rows.map((row) => ({ manager, entity: row }) as InsertEvent<T>);
    await whenAll(events.map((event) => subscriber.beforeInsert?.(event)));
  }
}

/**
 * Statements that insert whole rows: one on PostgreSQL; on SQLite one for each row, which costs no
 * way there, and none that is new to it. Subscribers see the rows by `beforeInsert`.
 *
 * @param onConflict `ON CONFLICT …`, if any
 */
export function insertsOf<T extends object>(
  manager: EntityManager,
  entity: Entity<T>,
  rows: T[],
  onConflict = '',
): Statement[] {
  if (rows.length === 0) return [];
  const table = tableOf(manager, entity);
  const into = `INSERT INTO "${table.name}" (${table.list})`;
  if (isPostgres(manager) && rows.length > 1) {
    const records = JSON.stringify(rows.map((row) => storedByName(manager, table, row)));
    const source = `json_populate_recordset(NULL::"${table.name}", ?)`;
    const sql = `${into} SELECT ${table.list} FROM ${source} ${onConflict}`;
    return [{ sql, parameters: [records] }];
  }
  const sql = `${into} VALUES (${table.marks}) ${onConflict}`;
  return rows.map((row) => ({
    sql,
    parameters: table.columns.map((column) => stored(manager, column, row)),
  }));
}

function tableOf(manager: EntityManager, entity: Entity<object>, without: string[] = []): Table {
  const metadata = manager.dataSource.getMetadata(entity);
  let known = tables.get(metadata);
  if (!known) tables.set(metadata, (known = new Map<string, Table>()));
  let table = known.get(without.join());
  if (!table) {
    const asked = metadata.columns.filter((column) => !without.includes(column.propertyName));
    const columns = asked.map((column) => ({
      property: column.propertyName,
      name: column.databaseName,
      converted: SAME_IN_CODE.has(column.type) && !column.transformer ? undefined : column,
      transformer: column.type === 'bigint' ? (column.transformer as ValueTransformer) : undefined,
    }));
    const { tableName: name } = metadata;
    const list = columns.map((column) => `"${column.name}"`).join();
    const qualified = columns.map((column) => `"${name}"."${column.name}"`).join();
    const marks = columns.map(() => '?').join();
    table = { name, columns, list, qualified, marks };
    known.set(without.join(), table);
  }
  return table;
}

/** @param from where the entity's columns begin in the row; null is null in code and database */
function hydrate<T extends object>(
  { dataSource }: EntityManager,
  { columns }: Table,
  row: unknown[],
  entity: T,
  from = 0,
): T {
  for (let n = 0; n < columns.length; n++) {
    const { property, converted, transformer } = columns[n];
    let value = row[from + n];
    if (value !== null && transformer) value = transformer.from(value) as unknown;
    else if (value !== null && converted) {
      value = dataSource.driver.prepareHydratedValue(value, converted) as unknown;
    }
    (entity as Row)[property] = value;
  }
  return entity;
}

function stored({ dataSource }: EntityManager, column: Column, entity: object): Parameter {
  const value = (entity as Row)[column.property];
  return (
    column.converted
      ? (dataSource.driver.preparePersistentValue(value, column.converted) as unknown)
      : value
  ) as Parameter;
}

function storedByName(
  manager: EntityManager,
  { columns }: Table,
  entity: object,
): Record<string, Parameter> {
  const row: Record<string, Parameter> = {};
  for (const column of columns) row[column.name] = stored(manager, column, entity);
  return row;
}

function subscribersOf<T extends object>(
  { dataSource }: EntityManager,
  entity: Entity<T>,
): EntitySubscriberInterface<T>[] {
  const all = dataSource.subscribers as EntitySubscriberInterface<T>[];
  return all.filter((subscriber) => subscriber.listenTo?.() === entity);
}

/** A subscriber may be done at once. */
async function whenAll(results: (Promise<unknown> | void)[]): Promise<void> {
  const underway = results.filter((result) => result instanceof Promise);
  if (underway.length > 0) await Promise.all(underway);
}

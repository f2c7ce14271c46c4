import type { Database } from '../../src/database/database.js';
import { isPostgres } from './test-database.js';

/** Looking by these alone finds most of the table, or all of a room. */
const WIDE = [
  /^SEARCH (chat|users) .*\((deleted_at|erased_at|cleared_at|visibility)=\?\)/,
  /^SEARCH message .*\((chat_id|sender_id)=\?\)/,
];
/** Neither a list nor a constant is a table, nor what was found behind an index up to a limit. */
const NO_TABLE = /^SCAN.*(CONSTANT|json_each|dummy_table|bounded)/;

const WIDE_CONDITION =
  /^\(\(?(deleted_at|erased_at|cleared_at|visibility)\)?(::text)? (IS NULL|= \S+)\)$/;

interface Plan {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Cond'?: string;
  'Recheck Cond'?: string;
  Plans?: Plan[];
}

/** Steps of SQLite's plan that read a whole table, or as good as. */
export function scansOfSqlite(rows: { detail: string }[]): string[] {
  // What a subquery gives is no table.
  const given = rows.flatMap(({ detail }) => /^CO-ROUTINE (.+)/.exec(detail)?.[1] ?? []);
  return rows
    .map(({ detail }) => detail)
    .filter((detail) => !given.includes(detail.replace(/^SCAN /, '')))
    .filter((detail) => /^SCAN/.test(detail) || WIDE.some((wide) => wide.test(detail)))
    .filter((detail) => !NO_TABLE.test(detail));
}

/** The same of PostgreSQL's, as `EXPLAIN (FORMAT JSON)` tells it; an index that is read whole counts. */
export function scansOfPostgres(plan: Plan): string[] {
  const { 'Node Type': type, 'Relation Name': table, Plans: parts = [] } = plan;
  const condition = plan['Index Cond'] ?? plan['Recheck Cond'];
  const isWhole = table && /Scan/.test(type) && (!condition || WIDE_CONDITION.test(condition));
  return [...(isWhole ? [`${type} of ${table}`] : []), ...parts.flatMap(scansOfPostgres)];
}

/** Steps of the plan that read a whole table: none where a query stands behind an index. */
export async function fullScans(
  { reader }: Database,
  { sql, parameters }: { sql: string; parameters: unknown[] },
): Promise<string[]> {
  if (!isPostgres)
    return scansOfSqlite(await reader.query(`EXPLAIN QUERY PLAN ${sql}`, parameters));
  // On a small table PostgreSQL reads it whole by choice; without that choice only by need.
  return reader.transaction(async (manager) => {
    await manager.query('SET LOCAL enable_seqscan = off');
    const rows = await manager.query<{ 'QUERY PLAN': { Plan: Plan }[] }[]>(
      `EXPLAIN (FORMAT JSON) ${sql}`,
      parameters,
    );
    return scansOfPostgres(rows[0]['QUERY PLAN'][0].Plan);
  });
}

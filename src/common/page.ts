export interface Page<T> {
  data: T[];
  /** Whether more follow in the direction of paging. */
  has_more: boolean;
}

/** A page of at most `limit` rows, of `limit + 1` that were asked for. */
export function pageOf<T>(rows: T[], limit: number): Page<T> {
  return { data: rows.slice(0, limit), has_more: rows.length > limit };
}

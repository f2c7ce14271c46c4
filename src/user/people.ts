import { statement } from '../database/statement.js';
import type { Reads, Transaction } from '../database/transaction.js';
import type { Person } from './user.entity.js';

const FROM_USERS = 'SELECT id, fname, lname, profile, erased_at FROM users';

/** By the primary key. */
const FIND = statement({
  name: 'find_people',
  postgres: `${FROM_USERS} WHERE id = ANY($1::uuid[])`,
  sqlite: `${FROM_USERS} WHERE id IN (SELECT value FROM json_each(?))`,
});
/** By the primary key; SQLite has one writer. */
const HOLD = statement({
  name: 'hold_people',
  postgres: `${FIND.postgres} FOR KEY SHARE`,
  sqlite: FIND.sqlite,
});

type PersonRow = [
  id: string,
  fname: string | null,
  lname: string | null,
  profile: string | null,
  erasedAt: string | number | null,
];

/** What is shown of users, by id, erased ones too; their password's hash stays where it is. */
export async function findPeople(reads: Reads, ids: string[]): Promise<Map<string, Person>> {
  return byId(await reads.rows<PersonRow>(FIND, [ids]));
}

/** The same: whoever has an account keeps it until the transaction ends. */
export async function holdPeople(tx: Transaction, ids: string[]): Promise<Map<string, Person>> {
  return byId(await tx.rows<PersonRow>(HOLD, [[...new Set(ids)]]));
}

/** Those who have an account, and keep it until the transaction ends. */
export async function holdLiving(tx: Transaction, ids: string[]): Promise<Map<string, Person>> {
  const people = await holdPeople(tx, ids);
  return new Map([...people].filter(([, { erasedAt }]) => erasedAt === null));
}

function byId(rows: PersonRow[]): Map<string, Person> {
  return new Map(
    rows.map(([id, fname, lname, profile, at]) => {
      const erasedAt = at === null ? null : new Date(Number(at));
      return [id, { id, fname, lname, profile, erasedAt }];
    }),
  );
}

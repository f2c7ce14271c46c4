import type { Database } from '../../src/database/database.js';
import { statement, type Write } from '../../src/database/statement.js';
import type { Transaction } from '../../src/database/transaction.js';
import { OpenedDatabase } from './opened-database.js';

const INSERT_NOTES = statement({
  name: 'test_insert_notes',
  postgres: 'INSERT INTO note SELECT text FROM json_populate_recordset(NULL::note, $1)',
  sqlite: ['INSERT INTO note VALUES (@text)'],
});

export const FIND_NOTES = statement({
  name: 'test_find_notes',
  postgres: 'SELECT text FROM note WHERE text = ANY($1::text[]) ORDER BY text',
  sqlite: 'SELECT text FROM note WHERE text IN (SELECT value FROM json_each(?)) ORDER BY text',
});

/** A database with a table of notes, whose texts are unique, and one of answers to them. */
export class Notes {
  private constructor(
    readonly opened: OpenedDatabase,
    readonly database: Database,
  ) {}

  static async open(): Promise<Notes> {
    const opened = await OpenedDatabase.open();
    const notes = new Notes(opened, opened.database);
    await notes.sql('CREATE TABLE note (text varchar PRIMARY KEY)');
    // Whose foreign key is looked at with the commit.
    await notes.sql(`CREATE TABLE answer (text varchar
      REFERENCES note (text) DEFERRABLE INITIALLY DEFERRED)`);
    return notes;
  }

  sql(text: string): Promise<unknown> {
    return this.database.write(({ manager }) => manager.query(text));
  }

  async clear(): Promise<void> {
    await this.sql('DELETE FROM note');
  }

  /** All of their texts that are committed. */
  async all(): Promise<string[]> {
    const rows = await this.database.reader.query<{ text: string }[]>('SELECT text FROM note');
    return rows.map((row) => row.text).sort();
  }
}

export async function add({ manager }: Transaction, text: string): Promise<void> {
  await manager.query(`INSERT INTO note VALUES ('${text}')`);
}

/** To be written with the commit. */
export function writeOf(...texts: string[]): Write {
  return { statement: INSERT_NOTES, lists: [texts.map((text) => ({ text }))] };
}

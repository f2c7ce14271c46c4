import type { DataSource } from 'typeorm';
import { makeInstallation, requireReleasedSchema } from './installation.js';

/**
 * Brings the schema up to date, and sees to it that the database has a line of history.
 *
 * @param howToMoveIt what to do with tables of another schema, as the beginning of a sentence
 */
export async function bringUpToDate(
  dataSource: DataSource,
  howToMoveIt: () => string | Promise<string>,
): Promise<void> {
  await requireReleasedSchema(dataSource, howToMoveIt);
  await dataSource.runMigrations();
  await dataSource.transaction(makeInstallation);
}

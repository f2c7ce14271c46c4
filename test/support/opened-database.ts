import { Settings } from '../../src/config/settings.js';
import type { Database } from '../../src/database/database.js';
import { openDatabase } from '../../src/database/open-database.js';
import { entities } from '../../src/entities.js';
import { TestDatabase } from './test-database.js';

/** A new database of the kind under test, as the application opens it, without the application. */
export class OpenedDatabase {
  private constructor(
    readonly files: TestDatabase,
    readonly settings: Settings,
    readonly database: Database,
  ) {}

  static async open(environment: NodeJS.ProcessEnv = {}): Promise<OpenedDatabase> {
    const files = await TestDatabase.create();
    const settings = new Settings({ ...files.environment, ...environment });
    return new OpenedDatabase(files, settings, await openDatabase(settings, entities));
  }

  /** The same files, or the same database of PostgreSQL, opened once more. */
  again(): Promise<Database> {
    return openDatabase(this.settings, entities);
  }

  async drop(): Promise<void> {
    await this.database.onApplicationShutdown();
    await this.files.drop();
  }
}

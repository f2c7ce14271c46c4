import type { KeyObject } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { SettingsError } from '../config/env-reader.js';
import { readMasterKeysAgain } from '../config/master-key-source.js';
import { keysOf, Secrets } from '../config/secrets.js';
import { Settings } from '../config/settings.js';
import { Database } from '../database/database.js';
import { MasterKeyMissingError } from './encryption.errors.js';
import { KeyReports } from './key-reports.js';
import { KeyRotation } from './key-rotation.js';
import { idOf } from './master-keys.js';
import { storedKeyIds } from './stored-key-ids.js';

/** Reads the master keys again while the server works; where anything is wrong with them the old ones stay. */
@Injectable()
export class MasterKeyReload {
  private readonly logger = new Logger('keys');
  private turn = Promise.resolve();

  constructor(
    private readonly settings: Settings,
    private readonly secrets: Secrets,
    private readonly database: Database,
    private readonly reports: KeyReports,
    private readonly rotation: KeyRotation,
  ) {}

  /** One time after the other, so that the last file counts. Never rejects: the log says what came of it. */
  run(): Promise<void> {
    return (this.turn = this.turn.then(() => this.reload()));
  }

  private async reload(): Promise<void> {
    try {
      const keys = await this.read();
      await this.reports.run(); // what was the first was in use until now
      this.secrets.replaceMasterKeys(keys);
      this.logger.log({ event: 'master_keys.reloaded', key_ids: keys.map(idOf) });
    } catch (error) {
      const isFault = error instanceof SettingsError || error instanceof MasterKeyMissingError;
      return this.logger.error({
        event: 'master_keys.not_reloaded',
        ...(isFault ? { fault: error.message } : { err: error }),
      });
    }
    await this.reports.run().catch(() => undefined); // it is told again within half a minute
    this.rotation.wake();
  }

  private async read(): Promise<KeyObject[]> {
    const source = this.settings.masterKeySource;
    if (!source || source.kind === 'setting') {
      const how = 'Name a file or a command: MASTER_KEYS_FILE, MASTER_KEYS_COMMAND';
      throw new SettingsError([`MASTER_KEYS cannot be read again. ${how}`]);
    }
    const keys = keysOf(await readMasterKeysAgain(source));
    const known = new Set(keys.map(idOf));
    const firstKeys = (await this.reports.living()).map(({ keyId }) => keyId);
    const inUse = [...firstKeys, ...(await storedKeyIds(this.database))];
    const missing = inUse.find((keyId) => !known.has(keyId));
    if (missing !== undefined) throw new MasterKeyMissingError(missing);
    return keys;
  }
}

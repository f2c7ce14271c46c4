import { type KeyObject, randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { parseFernetKey } from '../crypto/fernet.js';
import { secretKey } from '../crypto/secret-key.js';
import { SettingsError } from './env-reader.js';
import { masterKeyFault, signingSecretFault } from './secret-faults.js';
import { Settings } from './settings.js';

/** The secrets in force, first the one that seals or signs. */
@Injectable()
export class Secrets {
  masterKeys: KeyObject[];
  readonly jwtSecrets: string[];
  /** Files in `DATA_DIR` that stand in for settings; never in production. */
  readonly files: string[] = [];
  private readonly watchers: ((keys: KeyObject[]) => void)[] = [];

  constructor(private readonly settings: Settings) {
    const masterKeys = this.given(settings.takeMasterKeys(), 'master.key', () => {
      return `${randomBytes(32).toString('base64url')}=`;
    });
    this.jwtSecrets = this.given(settings.jwtSecrets, 'jwt.secret', () => {
      return randomBytes(48).toString('base64url');
    });
    // Those in the environment are sound; a file may have been cut or edited.
    requireSound('master.key', masterKeys.map(masterKeyFault));
    requireSound('jwt.secret', this.jwtSecrets.map(signingSecretFault));
    this.masterKeys = keysOf(masterKeys);
  }

  /** Calls the listener now, and whenever the master keys have been read again. */
  watchMasterKeys(listener: (keys: KeyObject[]) => void): void {
    this.watchers.push(listener);
    listener(this.masterKeys);
  }

  /** Takes other master keys, sound ones, into use. */
  replaceMasterKeys(keys: KeyObject[]): void {
    this.masterKeys = keys;
    for (const watch of this.watchers) watch(keys);
  }

  private given(values: string[], file: string, make: () => string): string[] {
    if (values.length > 0) return values;
    const path = join(this.settings.dataDir, file);
    this.files.push(path);
    return [keep(path, make)];
  }
}

/** Out of their texts. @throws InvalidFernetKeyError */
export function keysOf(texts: string[]): KeyObject[] {
  return texts.map((text) => secretKey(parseFernetKey(text)));
}

function requireSound(file: string, faults: (string | undefined)[]): void {
  const fault = faults.find(Boolean);
  if (fault) throw new SettingsError([`the secret kept in DATA_DIR/${file} ${fault}`]);
}

/** Reads the secret in a file, first making it where there is none. Of two makers one wins. */
function keep(path: string, make: () => string): string {
  fs.mkdirSync(join(path, '..'), { recursive: true, mode: 0o700 });
  if (!fs.existsSync(path)) {
    const draft = `${path}.${process.pid}`;
    fs.writeFileSync(draft, `${make()}\n`, { mode: 0o600, flush: true });
    try {
      fs.linkSync(draft, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    fs.unlinkSync(draft);
    syncFolder(join(path, '..'));
  }
  return fs.readFileSync(path, 'utf8').trim();
}

/** A new file survives a power cut only once its folder is written too. */
function syncFolder(path: string): void {
  const folder = fs.openSync(path, 'r');
  fs.fsyncSync(folder);
  fs.closeSync(folder);
}

import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Why none can be made here; empty where one can. */
export const missingOpenssl = spawnSync('openssl', ['version']).status === 0 ? '' : 'needs openssl';

/** Signed by itself, for localhost and this name: paths and content of certificate and key. */
export class Certificate {
  readonly file: string;
  readonly keyFile: string;

  constructor(folder: string, name: string) {
    this.file = join(folder, 'certificate.pem');
    this.keyFile = join(folder, 'certificate.key');
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    const names = `subjectAltName=DNS:localhost,DNS:${name},IP:127.0.0.1`;
    const about = ['-days', '2', '-subj', `/CN=${name}`, '-addext', names];
    const out = ['-keyout', this.keyFile, '-out', this.file];
    execFileSync('openssl', ['req', '-x509', ...curve, ...about, ...out], { stdio: 'ignore' });
  }

  get text(): string {
    return readFileSync(this.file, 'utf8');
  }
}

import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const SOURCE = resolve('test/faults/support/synced-copy.c');

/** A `DATA_DIR` on a disk that keeps in a power cut what was synced and, if at all, little more. */
export class Disk {
  private readonly root = realpathSync(mkdtempSync(join(tmpdir(), 'conclave-disk-')));
  private readonly recorder = join(this.root, 'synced-copy.so');
  private cuts = 0;

  /** @throws Error with the compiler's words */
  constructor() {
    const options = ['-shared', '-fPIC', '-O1', '-o', this.recorder, SOURCE, '-ldl', '-lpthread'];
    const { status, stderr } = spawnSync('gcc', options, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`The recorder does not compile:\n${stderr}`);
    mkdirSync(this.dataDir);
  }

  /** Why this machine cannot simulate a power cut. */
  static refusal(): string | undefined {
    if (process.platform !== 'linux') return 'it needs Linux';
    return spawnSync('gcc', ['--version']).status === 0 ? undefined : 'there is no gcc';
  }

  get dataDir(): string {
    return join(this.root, String(this.cuts));
  }

  /**
   * For a server on this disk. What is there as it starts counts as synced.
   *
   * @param sectors of every 100 sectors written, how many reach the disk before they are synced
   */
  record(sectors: number, seed = 1): NodeJS.ProcessEnv {
    cpSync(this.dataDir, this.copy, { recursive: true, filter: isNoSocket });
    mkdirSync(join(this.copy, 'unnamed'));
    return {
      DATA_DIR: this.dataDir,
      LD_PRELOAD: this.recorder,
      SYNCED_FROM: this.dataDir,
      SYNCED_TO: this.copy,
      SECTORS: String(sectors),
      SEED: String(seed),
    };
  }

  /** After the server was killed: from now on `dataDir` is what a power cut would have left. */
  cut(): void {
    rmSync(this.dataDir, { recursive: true });
    this.cuts++;
    rmSync(join(this.dataDir, 'unnamed'), { recursive: true });
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true, maxRetries: 5 });
  }

  private get copy(): string {
    return join(this.root, String(this.cuts + 1));
  }
}

/** One that a server has left behind cannot be copied. */
function isNoSocket(path: string): boolean {
  return !path.endsWith('.sock');
}

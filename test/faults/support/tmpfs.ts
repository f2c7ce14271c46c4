import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A small disk in memory; only root may mount one. */
export class Tmpfs {
  private constructor(readonly path: string) {}

  /** Why this machine cannot mount one. */
  static refusal(): string | undefined {
    try {
      Tmpfs.mount(1).remove();
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  }

  static mount(mebibytes: number): Tmpfs {
    const path = mkdtempSync(join(tmpdir(), 'conclave-tmpfs-'));
    const options = ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', path];
    const { status, error } = spawnSync('mount', options);
    if (status === 0) return new Tmpfs(path);
    rmSync(path, { recursive: true });
    throw new Error(`no tmpfs can be mounted here (${error?.message ?? `mount: ${status}`})`);
  }

  /** Bytes. */
  get free(): number {
    const { bavail, bsize } = statfsSync(this.path);
    return bavail * bsize;
  }

  remove(): void {
    const { status } = spawnSync('umount', [this.path]);
    if (status !== 0) throw new Error(`umount of ${this.path} failed`);
    rmSync(this.path, { recursive: true });
  }
}

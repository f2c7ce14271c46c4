import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Job, Load } from './load.js';

/** The load generator, apart from the servers and from whoever measures. */
export class Loader {
  private readonly child: ChildProcess = fork(fileURLToPath(new URL('load.ts', import.meta.url)));

  /** @throws Error when the server answers something else than it should */
  async run(job: Job): Promise<Load> {
    this.child.send(job);
    const [{ load, error }] = (await once(this.child, 'message')) as [
      { load?: Load; error?: string },
    ];
    if (!load) throw new Error(error);
    return load;
  }

  stop(): void {
    this.child.kill();
  }
}

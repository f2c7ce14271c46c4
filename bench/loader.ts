import type { Job, Load } from './load.js';
import { SideProcess } from './side-process.js';

/** The load generator; fails when the server answers something else than it should. */
export class Loader extends SideProcess<Job, Load> {
  constructor() {
    super('load.ts');
  }
}

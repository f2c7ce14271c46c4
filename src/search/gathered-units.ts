import type { Looked } from './range-search.js';

/** What a unit takes of a turn of the event loop: at least one step. */
export const UNIT_MS = 1;

/** Makes one unit of as many as find nothing and take no longer than that together. */
export async function* gathered(units: AsyncGenerator<Looked, void>): AsyncGenerator<Looked, void> {
  let begun = performance.now();
  for await (const looked of units) {
    if (looked.fitting.length === 0 && performance.now() - begun < UNIT_MS) continue;
    yield looked;
    begun = performance.now();
  }
}

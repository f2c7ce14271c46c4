/** What chance a run takes; printed with a failure, and set by `SEED` to repeat one. */
export const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);

/** Numbers in [0, 1), always the same for one seed (mulberry32). */
export function randomFrom(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

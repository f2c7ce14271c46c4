/** Texts as people write them, as far as numbers go: about ten words each, of which few are said often. */

const WORDS = 20_000;
const LETTERS = 'etaoinshrdlucmfwypvbgkjqxz';
const MEAN_WORDS = 9.5;

/** Numbers in [0, 1), always the same (mulberry32). */
function randomFrom(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const random = randomFrom(1);
const pick = (): string => LETTERS[Math.floor(random() ** 2 * LETTERS.length)];

/** The commonest first; the commoner, the shorter, as in English: five letters as they are said. */
export const VOCABULARY = [
  ...new Set(
    Array.from({ length: WORDS }, (_, rank) => {
      const length = Math.round(1.8 + 1.15 * Math.log10(rank + 1) + 1.6 * random());
      return Array.from({ length }, pick).join('');
    }),
  ),
];

/** By Zipf's law: a word's share is one by its rank. */
function word(): string {
  const rank = Math.floor(VOCABULARY.length ** random()); // from 1
  return VOCABULARY[Math.min(rank, VOCABULARY.length) - 1];
}

export function sentence(): string {
  const count = Math.max(1, Math.round(MEAN_WORDS * (0.2 + 1.6 * random())));
  return Array.from({ length: count }, word).join(' ');
}

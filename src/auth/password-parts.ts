/** What of a password is not worth a character each, however long it is. */
export interface KnownParts {
  /** Passwords that many people have, in lower case. */
  common: ReadonlySet<string>;
  /** Of each keyboard, by key: the characters of the keys beside it. */
  keyboards: ReadonlyMap<string, string>[];
}

/** The rest of a longer password is not looked at. */
const EXAMINED = 64;
const COMMON_WORD = { least: 4, most: 20, points: 2 };
const OWN_WORD_POINTS = 1;
const ROW = { least: 3, points: 1 };
const WALK = { least: 4, points: 2 };
const YEAR = /^(?:19|20)\d\d/;
const DATES = [
  /^(?:0?[1-9]|[12]\d|3[01])[-./ ]?(?:0?[1-9]|1[0-2])[-./ ]?(?:19|20)?\d\d/,
  /^(?:0?[1-9]|1[0-2])[-./ ]?(?:0?[1-9]|[12]\d|3[01])[-./ ]?(?:19|20)?\d\d/,
  /^(?:19|20)\d\d[-./ ]?(?:0?[1-9]|1[0-2])[-./ ]?(?:0?[1-9]|[12]\d|3[01])/,
];
const DATE_POINTS = 2;

interface Part {
  length: number;
  points: number;
}

/**
 * How much of a password somebody has to guess who knows what people take: a point for each character,
 * but one for a whole row (abcd, 4321, aaaa), a year, or a word of the user's own; two for a common word,
 * a walk on the keyboard or a date; and one for saying anything again. Of all ways to part it, the one
 * with the fewest points counts.
 *
 * @param own words that belong to the user or to the service, in lower case
 */
export function pointsOf(password: string, known: KnownParts, own: string[]): number {
  const text = password.toLowerCase().slice(0, EXAMINED);
  const memory = new Map<string, number>();
  const points = (piece: string): number => {
    const remembered = memory.get(piece);
    if (remembered !== undefined) return remembered;
    const least = [0];
    for (let rest = 1; rest <= piece.length; rest++) {
      const from = piece.slice(piece.length - rest);
      const parts = partsOf(from, known, own, points);
      least.push(Math.min(...parts.map((part) => part.points + least[rest - part.length])));
    }
    memory.set(piece, least[piece.length]);
    return least[piece.length];
  };
  return points(text);
}

/** What a text may begin with. */
function partsOf(
  text: string,
  { common, keyboards }: KnownParts,
  own: string[],
  points: (piece: string) => number,
): Part[] {
  const parts: Part[] = [{ length: 1, points: 1 }];
  const add = (length: number, points: number): number => parts.push({ length, points });
  for (
    let length = COMMON_WORD.least;
    length <= Math.min(COMMON_WORD.most, text.length);
    length++
  ) {
    if (common.has(text.slice(0, length))) add(length, COMMON_WORD.points);
  }
  for (const word of own) if (text.startsWith(word)) add(word.length, OWN_WORD_POINTS);
  for (const step of [-1, 0, 1]) {
    const length = lengthOf(text, (one, next) => next.charCodeAt(0) - one.charCodeAt(0) === step);
    if (length >= ROW.least) add(length, ROW.points);
  }
  for (const keyboard of keyboards) {
    const length = lengthOf(text, (one, next) => keyboard.get(one)?.includes(next) ?? false);
    if (length >= WALK.least) add(length, WALK.points);
  }
  if (YEAR.test(text)) add(4, 1);
  for (const date of DATES) {
    const [found] = date.exec(text) ?? [];
    if (found) add(found.length, DATE_POINTS);
  }
  for (const length of repeatsOf(text)) add(length.whole, 1 + points(text.slice(0, length.once)));
  return parts;
}

function lengthOf(text: string, goesOn: (one: string, next: string) => boolean): number {
  let length = 1;
  while (length < text.length && goesOn(text[length - 1], text[length])) length++;
  return length;
}

/** Beginnings of two characters or more that come again at once. */
function repeatsOf(text: string): { once: number; whole: number }[] {
  const repeats: { once: number; whole: number }[] = [];
  for (let once = 2; once <= text.length / 2; once++) {
    let whole = once;
    while (text.startsWith(text.slice(0, once), whole)) whole += once;
    if (whole > once) repeats.push({ once, whole });
  }
  return repeats;
}

import { foldText } from '../common/fold-text.js';
import { wordsOfMessage } from './fold-words.js';

/** Places that are told of one message, and looked for of one needle. */
const MOST = 100;

/** Where something stands in a text: where it begins and how long it is, in code points. */
export type Highlight = [start: number, length: number];

/** Letters of Korean that stand for themselves, and vowels of Kirat Rai: they may join one before. */
const LETTERS =
  '\\u1100-\\u11ff\\u3131-\\u318e\\ua960-\\ua97f\\ud7b0-\\ud7ff\\uffa0-\\uffdc\\u{16d63}\\u{16d67}-\\u{16d6a}';
/** What is folded alike wherever it stands: a character, and what may join it when it is composed. */
const PIECE = new RegExp(
  `[\\p{Script=Hangul}${LETTERS}][\\p{M}\\uff9e\\uff9f${LETTERS}]*|[^][\\p{M}\\uff9e\\uff9f]*`,
  'gu',
);

/** A piece of a text, and of what that is folded to. */
interface Piece {
  /** In code points of the text. */
  start: number;
  end: number;
  /** In UTF-16 units of the folded text. */
  foldedEnd: number;
}

/**
 * Where the needles stand in a text, in its order; what overlaps is one.
 *
 * @param needles as `needlesOf` makes them
 */
export function highlightsOf(text: string, needles: string[]): Highlight[] {
  const words = wordsOfMessage(text);
  const sought = ` ${words.map((word) => word.text).join(' ')} `;
  const found = together(needles.flatMap((needle) => placesOf(sought, needle))).slice(0, MOST);
  const spans = together(inText(text, inFolded(found, words))); // one character may stand for many
  return spans.map(([start, end]) => [start, end - start]);
}

/** Of a text: from where up to where. */
type Span = [start: number, end: number];

/** Without the spaces that a needle begins or ends with: two in a row share one. */
function placesOf(sought: string, needle: string): Span[] {
  const [before, after] = [needle.startsWith(' ') ? 1 : 0, needle.endsWith(' ') ? 1 : 0];
  const spans: Span[] = [];
  for (let at = sought.indexOf(needle); at >= 0; at = sought.indexOf(needle, at + 1)) {
    add(spans, [at + before, at + needle.length - after]);
    if (spans.length > MOST) break;
  }
  return spans;
}

function together(spans: Span[]): Span[] {
  const all: Span[] = [];
  for (const span of spans.sort(([one], [other]) => one - other)) add(all, span);
  return all;
}

/** Adds what comes no sooner than the last one; what overlaps or touches that is one with it. */
function add(spans: Span[], [start, end]: Span): void {
  const last = spans.at(-1);
  if (last && start <= last[1]) last[1] = Math.max(last[1], end);
  else spans.push([start, end]);
}

/** Places among the words, as places of the folded text that these were taken from. */
function inFolded(spans: Span[], words: { text: string; at: number }[]): Span[] {
  let [n, wordAt] = [0, 1]; // after a space
  const placeOf = (at: number): number => {
    while (at > wordAt + words[n].text.length) wordAt += words[n++].text.length + 1;
    return words[n].at + at - wordAt;
  };
  return spans.map(([start, end]) => [placeOf(start), placeOf(end)]);
}

/** Places of the folded text as places of the text: all of a character of which a part is. */
function inText(text: string, spans: Span[]): Span[] {
  const pieces = piecesOf(text);
  let { value: piece } = pieces.next();
  const pieceAt = (at: number): Piece => {
    while (piece!.foldedEnd <= at) ({ value: piece } = pieces.next());
    return piece!;
  };
  return spans.map(([start, end]) => [pieceAt(start).start, pieceAt(end - 1).end]);
}

/** The pieces of a text, as far as they are asked for. */
function* piecesOf(text: string): Generator<Piece, undefined> {
  const lengths = new Map<string, number>();
  let [start, foldedEnd] = [0, 0];
  for (const [piece] of text.matchAll(PIECE)) {
    let length = lengths.get(piece);
    if (length === undefined) lengths.set(piece, (length = foldText(piece).length));
    foldedEnd += length;
    const end = start + codePoints(piece);
    yield { start, end, foldedEnd };
    start = end;
  }
  return undefined;
}

function codePoints(piece: string): number {
  return piece.length === 1 ? 1 : [...piece].length;
}

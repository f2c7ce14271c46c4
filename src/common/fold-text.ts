/** A run of text that is looked for as one. */
export interface Word {
  /** Folded. */
  text: string;
  /** It is looked for within such runs too: of a script without spaces, an emoji, a symbol. */
  isUnspaced: boolean;
  /** Where it begins in the folded text, in UTF-16 units. */
  at: number;
}

/** What is said of a text to look for that has no word. */
export const NO_WORD = 'must hold a letter, a digit, an emoji or another symbol';

const ASCII = /^[\0-\x7f]*$/;
/** Accents; other marks make other letters of those before them. And what only says how emoji look. */
const DROPPED = /[\u0300-\u036f\p{Variation_Selector}]/gu;

/**
 * More marks in a row than any script has (UAX #15 allows 30 in a stream): to put so many into their order takes as
 * long as their number squared, a quarter of a second of one message.
 */
const TOO_MANY_MARKS = /([\p{M}\uff9e\uff9f]{30})[\p{M}\uff9e\uff9f]+/gu;

const LETTER = '\\p{L}\\p{M}\\p{N}';
const UNSPACED = ['Han', 'Hira', 'Kana', 'Thai', 'Laoo', 'Khmr', 'Mymr']
  .map((script) => `\\p{Script_Extensions=${script}}`)
  .join('');
const PICTURE = '\\p{Extended_Pictographic}\\p{Emoji_Modifier}?';
/** A flag, or pictures that a joiner makes one; tags tell the flags of regions apart. */
const EMOJI = `\\p{Regional_Indicator}{2}|${PICTURE}[\\u{e0020}-\\u{e007f}]*(?:\\u200d${PICTURE})*`;
/** But for the slash of a fraction, which stands between two numbers. */
const SYMBOL = '(?!\\u2044)[\\p{So}\\p{Sm}\\p{Sc}\\p{Emoji_Modifier}]';

const WORDS = new RegExp(
  `(?<unspaced>${EMOJI}|${SYMBOL}|(?:(?=[${LETTER}])[${UNSPACED}])+)|(?:(?![${UNSPACED}])[${LETTER}])+`,
  'gu',
);

/**
 * Text as it is compared where it is looked for: whatever its case, its accents, its width, and the way
 * it was typed. `ı` stays another letter than `i`, and `で` another than `て`.
 */
export function foldText(text: string, most = Infinity): string {
  if (ASCII.test(text)) return text.slice(0, most).toLowerCase();
  return text
    .replace(TOO_MANY_MARKS, '$1')
    .normalize('NFKC')
    .slice(0, most)
    .toLowerCase()
    .replaceAll('ß', 'ss')
    .replaceAll('ς', 'σ')
    .normalize('NFD')
    .replace(DROPPED, '')
    .normalize('NFC');
}

/**
 * The words of a text, folded, in their order: runs of letters, marks and numbers, cut where a script
 * without spaces begins or ends; each emoji and each symbol is one of its own.
 *
 * @param most as of `foldText`
 */
export function wordsOf(text: string, most = Infinity): Word[] {
  return [...foldText(text, most).matchAll(WORDS)].map(({ 0: word, groups, index }) => ({
    text: word,
    isUnspaced: groups!.unspaced !== undefined,
    at: index,
  }));
}

/** The texts of the same words, at a third of the time. */
export function wordTexts(text: string, most = Infinity): string[] {
  return foldText(text, most).match(WORDS) ?? [];
}

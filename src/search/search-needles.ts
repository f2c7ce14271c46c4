import { NO_WORD, type Word, wordsOf } from '../common/fold-text.js';
import { InvalidInputError } from '../common/errors.js';
import { foldWords } from './fold-words.js';

const MOST_WORDS = 8;
/** Of whichever language: the texts between the first and the second, the third and the fourth, are phrases. */
const QUOTES = /["“”„‟＂]/u;

/**
 * What a message has to hold, each of them somewhere in its `soughtText`: a word between two spaces; the
 * last one, where it is but a beginning, after a space; of a script without spaces, an emoji or a symbol
 * as it stands; a phrase likewise, from its first word to its last. The longest comes first.
 *
 * @throws InvalidInputError where there is no word, or there are too many
 */
export function needlesOf(q: string, isPrefix: boolean): string[] {
  const phrases = q.split(QUOTES).flatMap((text, n) => phrasesOf(text, n % 2 === 1));
  const last = phrases.at(-1);
  if (!last) throw invalid(`q ${NO_WORD}`);
  const counts = new Map(
    phrases.map((words) => [needleOf(words, isPrefix && words === last), words.length]),
  );
  const count = [...counts.values()].reduce((sum, words) => sum + words, 0);
  if (count > MOST_WORDS) {
    throw invalid(`q must not hold more than ${MOST_WORDS} different words; it holds ${count}`);
  }
  return [...counts.keys()].sort((one, other) => other.length - one.length);
}

/** The words that a message has to hold as such: those that stand between two spaces of a needle. */
export function wholeWordsOf(needles: string[]): string[] {
  return needles.flatMap((needle) => needle.split(' ').slice(1, -1));
}

/** The words of a message as needles are looked for in them. */
export function soughtText(text: string): string {
  return ` ${foldWords(text)} `;
}

function phrasesOf(text: string, isQuoted: boolean): Word[][] {
  const words = wordsOf(text);
  if (!isQuoted) return words.map((word) => [word]);
  return words.length > 0 ? [words] : [];
}

function needleOf(words: Word[], isBeginning: boolean): string {
  const [first, last] = [words[0], words[words.length - 1]];
  const text = words.map((word) => word.text).join(' ');
  const end = last.isUnspaced || isBeginning ? '' : ' ';
  return `${first.isUnspaced ? '' : ' '}${text}${end}`;
}

function invalid(message: string): InvalidInputError {
  return new InvalidInputError([{ field: 'q', messages: [message] }]);
}

import { type Word, wordsOf, wordTexts } from '../common/fold-text.js';

/**
 * What is looked at of a folded text, in UTF-16 units: of the longest message all, but where its characters
 * stand for several each. Those that stand for eighteen would take 18 ms.
 */
const MOST = 65_536;

/**
 * The words of a message as they are looked for: folded, in their order, one space between each two; ''
 * where there are none. No word holds a space or a line break, and words of words are the same words.
 */
export function foldWords(text: string): string {
  return wordTexts(text, MOST).join(' ');
}

/** The same words, with where each stands. */
export function wordsOfMessage(text: string): Word[] {
  return wordsOf(text, MOST);
}

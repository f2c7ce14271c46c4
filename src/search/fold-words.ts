import { wordTexts } from '../common/fold-text.js';

/**
 * The words of a message as they are looked for: folded, in their order, one space between each two; ''
 * where there are none. No word holds a space or a line break, and words of words are the same words.
 */
export function foldWords(text: string): string {
  return wordTexts(text).join(' ');
}

import { type Word, wordsOf } from '../common/fold-text.js';
import type { Row } from '../database/statement.js';
import type { Chat } from './chat.entity.js';

/** What is kept of a word, in code points: PostgreSQL's indexes hold no more than some kilobytes. */
const KEPT = 32;
/** Of a room. */
const MOST = 200;
/** What is looked at of a name or of what is looked for, in UTF-16 units: a name of 200 emoji has as many. */
const MOST_OF_NAME = 400;

/** Greater than whatever follows the beginning of a word. */
const GREATEST = '\u{10ffff}';

/** Where in the table the words stand that begin with this one: from the first up to the second. */
export function rangeOf({ text }: Word): [from: string, to: string] {
  const kept = [...text].slice(0, KEPT).join('');
  return [kept, kept + GREATEST];
}

/** The words of a name, or of a part of one. */
export function wordsOfName(name: string): Word[] {
  return wordsOf(name, MOST_OF_NAME);
}

/** Whether every one of these begins a word of the name, or stands within one that knows no spaces. */
export function fits(words: Word[], name: string): boolean {
  const own = wordsOfName(name);
  return words.every(({ text, isUnspaced }) =>
    own.some((word) => (isUnspaced ? word.text.includes(text) : word.text.startsWith(text))),
  );
}

/** The rows by which everybody finds a room: none, unless everybody may see it. */
export function wordRows({ id, chatName, visibility, deletedAt }: Chat): Row[] {
  if (visibility !== 'public' || deletedAt || chatName === null) return [];
  const kept = wordsOfName(chatName).flatMap(beginnings);
  return [...new Set(kept)].slice(0, MOST).map((word) => ({ word, chat_id: id }));
}

/** What a word is found by: itself, or where there are no spaces all that stands at its end. */
function beginnings({ text, isUnspaced }: Word): string[] {
  const points = [...text];
  const starts = isUnspaced ? [...points.keys()] : [0];
  return starts.map((start) => points.slice(start, start + KEPT).join(''));
}

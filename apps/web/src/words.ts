import type { Message, Problem } from '@conclave/client';
import { filesLine } from './files/kinds';

/** What was wrong, in words for whoever did it: of the first field, where one is named. */
export function wordsOf(problem: Problem): string {
  const words = Object.values(problem.fields).flat()[0] ?? problem.detail;
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A message in a line; one without words by its files. */
export function lineOf({
  message,
  deleted_at,
  attachments,
}: Pick<Message, 'message' | 'deleted_at' | 'attachments'>): string {
  if (message === null) return deleted_at ? 'Deleted' : 'Cannot be opened';
  return message || filesLine(attachments);
}

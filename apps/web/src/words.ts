import type { Message, Problem } from '@conclave/client';

/** What was wrong, in words for whoever did it: of the first field, where one is named. */
export function wordsOf(problem: Problem): string {
  const words = Object.values(problem.fields).flat()[0] ?? problem.detail;
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A message in a line. */
export function lineOf({ message, deleted_at }: Pick<Message, 'message' | 'deleted_at'>): string {
  return message ?? (deleted_at ? 'Deleted' : 'Cannot be opened');
}

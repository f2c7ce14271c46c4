import { useState } from 'react';

/** What is begun in each room, until its user signs out. */
const drafts = new Map<string, string>();

export function forgetDrafts(): void {
  drafts.clear();
}

export function useDraft(chatId: string): [text: string, write: (text: string) => void] {
  const [text, setText] = useState(() => drafts.get(chatId) ?? '');
  const write = (next: string): void => {
    drafts.set(chatId, next);
    setText(next);
  };
  return [text, write];
}

import type { ReactNode } from 'react';

const HUES = 5;

/** The first letters of a name, in a colour that stays theirs. */
export function Avatar({ id, name }: { id: string; name: string }): ReactNode {
  const hue = [...id].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % HUES;
  const words = name.split(/\s+/).filter(Boolean);
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined]
    .map((word) => firstLetter(word ?? ''))
    .join('');
  return (
    <span className={`avatar hue-${hue}`} aria-hidden="true">
      {letters.toUpperCase()}
    </span>
  );
}

/** What a reader takes for one, be it of several code points. */
function firstLetter(word: string): string {
  return [...new Intl.Segmenter().segment(word)][0]?.segment ?? '';
}

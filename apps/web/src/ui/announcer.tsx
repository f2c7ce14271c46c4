import { type ReactNode, useSyncExternalStore } from 'react';

let words = '';
let isOdd = false;
const listeners = new Set<() => void>();

/** Has a screen reader say something; the same twice in a row too. */
export function announce(text: string): void {
  isOdd = !isOdd;
  words = isOdd ? text : `${text}\u00a0`;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function Announcer(): ReactNode {
  const text = useSyncExternalStore(subscribe, () => words);
  return (
    <p className="for-readers" role="status" aria-live="polite">
      {text}
    </p>
  );
}

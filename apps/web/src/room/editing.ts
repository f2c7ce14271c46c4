import { useSyncExternalStore } from 'react';

let key: string | null = null;
const listeners = new Set<() => void>();

/** Which message is being edited: one at most. */
export const editing = {
  set(next: string | null): void {
    key = next;
    for (const listener of listeners) listener();
  },
};

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useIsEditing(own: string): boolean {
  return useSyncExternalStore(subscribe, () => key === own);
}

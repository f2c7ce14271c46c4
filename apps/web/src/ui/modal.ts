import { type RefObject, useEffect, useRef } from 'react';

/**
 * Opens a dialog over the page: the focus is in it as long as it is open, and back where it was then.
 *
 * @param startsAt the name of the field that whoever opens it most likely fills in
 */
export function useModal(startsAt?: string): RefObject<HTMLDialogElement | null> {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    if (startsAt) dialog.current?.querySelector<HTMLElement>(`[name="${startsAt}"]`)?.focus();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return dialog;
}

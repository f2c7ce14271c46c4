import type { RoomMessage } from '@conclave/client';
import { type KeyboardEvent, type PointerEvent, type FocusEvent, useState } from 'react';

interface Roving {
  /** The message that is pointed at, or has the focus: it shows what can be done with it. */
  active: string | null;
  box: {
    onKeyDown: (event: KeyboardEvent) => void;
    onFocus: (event: FocusEvent) => void;
    onBlur: (event: FocusEvent) => void;
    onPointerOver: (event: PointerEvent) => void;
    onPointerLeave: () => void;
  };
}

/** One message of all is reached by Tab, the others from there by the arrows. */
export function useRoving(messages: readonly RoomMessage[]): Roving {
  const [focused, setFocused] = useState<string | null>(null);
  const [pointed, setPointed] = useState<string | null>(null);
  const onKeyDown = (event: KeyboardEvent): void => {
    const item = event.target as HTMLElement;
    if (!item.matches('li.message')) return;
    const to = neighbour(item, event.key);
    if (!to) return;
    event.preventDefault();
    to.focus();
  };
  const here = focused ?? pointed;
  return {
    active: messages.some(({ key }) => key === here) ? here : null,
    box: {
      onKeyDown,
      onFocus: ({ target }) => setFocused(keyOf(target)),
      onBlur: ({ relatedTarget }) => {
        if (!keyOf(relatedTarget)) setFocused(null);
      },
      onPointerOver: ({ target, pointerType }) => {
        if (pointerType === 'mouse') setPointed(keyOf(target));
      },
      onPointerLeave: () => setPointed(null),
    },
  };
}

function keyOf(target: EventTarget | null): string | null {
  if (!(target instanceof Element)) return null;
  return target.closest<HTMLElement>('li.message')?.dataset.key ?? null;
}

function neighbour(item: HTMLElement, key: string): HTMLElement | null {
  const all = item.parentElement!.children;
  const found = {
    ArrowUp: item.previousElementSibling,
    ArrowDown: item.nextElementSibling,
    Home: all[0],
    End: all[all.length - 1],
  }[key];
  return found instanceof HTMLElement ? found : null;
}

import type { RoomMessage } from '@conclave/client';
import { type FocusEvent, type KeyboardEvent, type PointerEvent, useRef, useState } from 'react';

interface Roving {
  /** The message that is pointed at, or has the focus: it shows what can be done with it. */
  active: string | null;
  box: {
    onKeyDown: (event: KeyboardEvent) => void;
    onFocus: (event: FocusEvent) => void;
    onBlur: (event: FocusEvent) => void;
    onPointerDown: (event: PointerEvent) => void;
    onPointerMove: (event: PointerEvent) => void;
    onPointerLeave: () => void;
  };
}

/** One message of all is reached by Tab, the others from there by the arrows. */
export function useRoving(messages: readonly RoomMessage[]): Roving {
  const [focused, setFocused] = useState<string | null>(null);
  const [pointed, setPointed] = useState<string | null>(null);
  const [isUsed, setUsed] = useState(false); // its tools have the focus
  const isMouse = useRef(false);
  const here = isUsed ? focused : (pointed ?? focused);
  return {
    active: messages.some(({ key }) => key === here) ? here : null,
    box: {
      onKeyDown: go,
      onFocus: ({ target }) => {
        const isOfTools = target.closest('.tools') !== null;
        setUsed(isOfTools);
        const isByMouse = isMouse.current && !target.matches(':focus-visible');
        setFocused(isByMouse && !isOfTools ? null : keyOf(target)); // what the mouse is at, it points at
        if (!isByMouse) setPointed(null);
      },
      onBlur: ({ relatedTarget }) => {
        if (keyOf(relatedTarget)) return;
        setFocused(null);
        setUsed(false);
      },
      onPointerDown: ({ pointerType }) => {
        isMouse.current = pointerType === 'mouse';
      },
      onPointerMove: ({ target, pointerType, movementX, movementY }) => {
        if (pointerType !== 'mouse' || (movementX === 0 && movementY === 0)) return; // it was scrolled below it
        isMouse.current = true;
        setPointed(keyOf(target));
      },
      onPointerLeave: () => setPointed(null),
    },
  };
}

function go(event: KeyboardEvent): void {
  const item = event.target as HTMLElement;
  if (!item.matches('li.message')) return;
  const to = neighbour(item, event.key);
  if (!to) return;
  event.preventDefault();
  to.focus();
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

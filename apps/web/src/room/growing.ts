import { type RefObject, useLayoutEffect } from 'react';

/** As high as what is in it, up to the limit of its style. */
export function useGrowing(area: RefObject<HTMLTextAreaElement | null>, text: string): void {
  useLayoutEffect(() => {
    const { style } = area.current!;
    style.height = 'auto';
    style.height = `${area.current!.scrollHeight + 2}px`; // its borders
  }, [area, text]);
}

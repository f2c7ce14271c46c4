import { useEffect, useRef } from 'react';
import type { UsedRoom } from '@conclave/client/react';
import { nameOf } from '../names';
import { announce } from '../ui/announcer';
import { lineOf } from '../words';

/** Has screen readers tell of messages as they come. */
export function useNews({ messages, isOpen, hasNewer }: UsedRoom): void {
  const told = useRef<number | null>(null);
  const last = messages.findLast(({ seq }) => seq > 0);
  useEffect(() => {
    if (!isOpen || hasNewer) return;
    const before = told.current;
    told.current = last?.seq ?? 0;
    if (before === null || !last || last.seq <= before || last.isMine || last.message === null)
      return;
    announce(`${nameOf(last.sender)}: ${lineOf(last)}`);
  }, [isOpen, hasNewer, last]);
}

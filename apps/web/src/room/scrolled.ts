import { type RefObject, useCallback, useEffect, useRef, useState } from 'react';
import type { UsedRoom } from '@conclave/client/react';
import type { Scrolled } from './scroller';

/** How far from an end more messages are asked for. */
const AHEAD_PX = 900;
const FAR_PX = 240;

interface Place {
  onScroll: (place: Scrolled) => void;
  /** Whether the end is out of sight. */
  isFar: boolean;
}

/** Where the reader is: says what is read, and asks for more where an end comes near. */
export function useScrolled(used: UsedRoom): Place {
  const scrolled = useRef<Scrolled | null>(null);
  const [isFar, setFar] = useState(false);
  const read = useReading(used, scrolled);
  useEdges(used, scrolled);
  const onScroll = useCallback(
    (place: Scrolled) => {
      scrolled.current = place;
      setFar(place.below > FAR_PX);
      read();
    },
    [read],
  );
  return { onScroll, isFar };
}

/** @returns what says that it is read what stands in sight, of a page that is */
function useReading(
  { markRead, isOpen }: UsedRoom,
  scrolled: RefObject<Scrolled | null>,
): () => void {
  const read = useCallback(() => {
    const seq = scrolled.current?.seq;
    if (isOpen && seq && document.visibilityState === 'visible') markRead(seq);
  }, [markRead, isOpen, scrolled]);
  useEffect(() => {
    document.addEventListener('visibilitychange', read);
    return () => document.removeEventListener('visibilitychange', read);
  }, [read]);
  return read;
}

function useEdges(used: UsedRoom, scrolled: RefObject<Scrolled | null>): void {
  const { loadOlder, loadNewer, hasOlder, hasNewer, isLoading, isOpen } = used;
  const last = useRef(used);
  last.current = used;
  const first = used.messages[0]?.seq;
  useEffect(() => {
    if (!isOpen) return;
    const look = (): void => {
      const place = scrolled.current;
      if (!place || last.current.isLoading) return;
      if (last.current.hasOlder && place.top < AHEAD_PX) loadOlder().catch(() => undefined);
      else if (last.current.hasNewer && place.below < AHEAD_PX) loadNewer().catch(() => undefined);
    };
    look();
    document.addEventListener('scroll', look, { capture: true, passive: true });
    return () => document.removeEventListener('scroll', look, { capture: true });
  }, [loadOlder, loadNewer, isOpen, isLoading, hasOlder, hasNewer, first, scrolled]);
}

import type { Message, Problem, SearchPage } from '@conclave/client';
import { useClient, useStatus } from '@conclave/client/react';
import { useEffect, useRef, useState } from 'react';
import { wordsOf } from '../words';

const PAUSE_MS = 250;
/** So many hits are shown before somebody asks for more. */
const AT_ONCE = 30;

interface Hits {
  messages: readonly Message[];
  highlights: SearchPage['highlights'];
}

export interface Searched extends Hits {
  state: 'idle' | 'searching' | 'more' | 'done';
  problem: string | null;
  more: () => void;
}

const NONE: Hits = { messages: [], highlights: {} };

/** What is found while somebody types: the search before ends when the next one begins. */
export function useSearch(q: string, room: string | undefined): Searched {
  const client = useClient();
  const [hits, setHits] = useState(NONE);
  const [state, setState] = useState<Searched['state']>('idle');
  const [problem, setProblem] = useState<string | null>(null);
  const isOnline = useStatus() === 'online'; // else it would not search again by itself
  const more = useRef(() => undefined as void);
  useEffect(() => {
    setProblem(null);
    if (!q.trim()) {
      setHits(NONE);
      setState('idle');
      return;
    }
    const ended = new AbortController();
    const { signal } = ended;
    const pages = client.search(q, { room, prefix: true, limit: AT_ONCE, signal });
    const read = async (isFirst: boolean): Promise<void> => {
      setState('searching');
      try {
        const found = await nextHits(pages);
        if (signal.aborted) return;
        setHits((known) => (isFirst ? found : together(known, found)));
        setState(found.isDone ? 'done' : 'more');
      } catch (error) {
        if (signal.aborted) return;
        setHits(NONE);
        setState('done');
        setProblem(wordsOf(error as Problem));
      }
    };
    more.current = () => void read(false);
    const timer = setTimeout(() => void read(true), PAUSE_MS);
    return () => {
      clearTimeout(timer);
      ended.abort();
    };
  }, [client, q, room, isOnline]);
  return { ...hits, state, problem, more: () => more.current() };
}

/** The next page that has any hit, and whether it is the last one. */
async function nextHits(
  pages: AsyncGenerator<SearchPage, void>,
): Promise<Hits & { isDone: boolean }> {
  for (;;) {
    const { value: page, done } = await pages.next();
    if (done) return { ...NONE, isDone: true };
    if (page.messages.length > 0) return { ...page, isDone: page.isLast };
  }
}

function together(known: Hits, found: Hits): Hits {
  return {
    messages: [...known.messages, ...found.messages],
    highlights: { ...known.highlights, ...found.highlights },
  };
}

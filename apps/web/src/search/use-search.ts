import type { Problem } from '@conclave/client';
import { useClient, useStatus } from '@conclave/client/react';
import { useEffect, useRef, useState } from 'react';
import { wordsOf } from '../words';
import { type Hits, hitsOf, NONE } from './hits';

const PAUSE_MS = 250;
/** So many hits are shown before somebody asks for more. */
const AT_ONCE = 30;

export interface Searched extends Hits {
  state: 'idle' | 'searching' | 'more' | 'done';
  problem: string | null;
  more: () => void;
}

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
    const options = { room, prefix: true, limit: AT_ONCE, signal };
    const next = hitsOf(() => client.search(q, options));
    let known = NONE;
    const read = async (): Promise<void> => {
      setState('searching');
      setProblem(null);
      try {
        const { hits: found, isDone } = await next(known);
        if (signal.aborted) return;
        setHits((known = found));
        setState(isDone ? 'done' : 'more');
      } catch (error) {
        if (signal.aborted) return;
        setHits(known);
        setState(known === NONE ? 'done' : 'more');
        setProblem(wordsOf(error as Problem));
      }
    };
    more.current = () => void read();
    const timer = setTimeout(() => void read(), PAUSE_MS);
    return () => {
      clearTimeout(timer);
      ended.abort();
    };
  }, [client, q, room, isOnline]);
  return { ...hits, state, problem, more: () => more.current() };
}

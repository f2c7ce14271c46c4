import type { Chat } from '@conclave/client';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useClient, useStatus } from '@conclave/client/react';
import { roomName } from '../names';
import { goTo } from '../route';
import { useAction } from '../ui/action';
import { Avatar } from '../ui/avatar';
import { Icon } from '../ui/icon';
import { PageHead } from '../ui/page-head';
import { wordsOf } from '../words';

const PAUSE_MS = 200;

/** Rooms that everybody may join, and one's own, by the words of their names. */
export function Directory(): ReactNode {
  const [q, setQ] = useState('');
  const { rooms, more, isDone, problem } = useFound(q);
  return (
    <main className="main">
      <PageHead>
        <h2>Find rooms</h2>
      </PageHead>
      <div className="page">
        <div className="search">
          <Icon name="search" />
          <input
            type="search"
            aria-label="Words of the name"
            placeholder="Words of the name"
            value={q}
            autoFocus
            onChange={(event) => setQ(event.target.value)}
          />
        </div>
        <p role="status" className="soft directory-word">
          {problem ?? (isDone && rooms.length === 0 ? nothingFor(q) : '')}
        </p>
        <ul className="directory">
          {rooms.map((chat) => (
            <FoundRoom key={chat.id} chat={chat} />
          ))}
        </ul>
        {more && (
          <button type="button" className="button is-quiet" onClick={more}>
            More rooms
          </button>
        )}
      </div>
    </main>
  );
}

function nothingFor(q: string): string {
  return q.trim() ? 'No room has such a name.' : 'There is no room yet: make the first one.';
}

function FoundRoom({ chat }: { chat: Chat }): ReactNode {
  const client = useClient();
  const { run, isBusy, problem } = useAction();
  const isIn = chat.role !== null;
  const name = roomName(chat);
  const enter = async (): Promise<void> => {
    if (!isIn) await client.room(chat.id).join();
    goTo({ view: 'room', id: chat.id });
  };
  const count = chat.member_count;
  return (
    <li className="found">
      <Avatar id={chat.peer?.id ?? chat.id} name={name} />
      <span className="found-name">{name}</span>
      <span className="soft found-count">
        {problem ? wordsOf(problem) : `${count} ${count === 1 ? 'member' : 'members'}`}
      </span>
      <button
        type="button"
        className={isIn ? 'button is-quiet' : 'button'}
        aria-label={`${isIn ? 'Open' : 'Join'} ${name}`}
        disabled={isBusy}
        onClick={() => void run(enter)}
      >
        {isIn ? 'Open' : 'Join'}
      </button>
    </li>
  );
}

interface Found {
  rooms: readonly Chat[];
  isDone: boolean;
  problem: string | null;
  /** Asks for further ones, where there are. */
  more: (() => void) | null;
}

function useFound(q: string): Found {
  const client = useClient();
  const [rooms, setRooms] = useState<readonly Chat[]>([]);
  const [next, setNext] = useState<string | null>(null);
  const [isDone, setDone] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const isOnline = useStatus() === 'online'; // else it would not ask again by itself
  const asked = useRef(0);
  const ask = async (after?: string): Promise<void> => {
    const mine = ++asked.current;
    const query = q.trim() ? { q: q.trim(), after } : { after };
    try {
      const page = await client.calls.listRooms(query);
      if (mine !== asked.current) return;
      setRooms((known) => (after ? [...known, ...page.data] : page.data));
      setNext(page.has_more ? (page.next ?? page.data.at(-1)?.id ?? null) : null);
      setDone(true);
      setProblem(null);
    } catch (error) {
      if (mine === asked.current) setProblem((error as Error).message);
    }
  };
  useEffect(() => {
    const timer = setTimeout(() => void ask(), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [q, isOnline]);
  return { rooms, isDone, problem, more: next === null ? null : () => void ask(next) };
}

import type { Chat } from '@conclave/client';
import { type ReactNode, useState } from 'react';
import { roomName } from '../names';
import { Icon } from '../ui/icon';
import { Sheet } from '../ui/sheet';
import { Hit } from './hit';
import { type Searched, useSearch } from './use-search';

/** Messages by their words: of one room at first, where one is given, or of all that one has joined. */
export function SearchSheet({ chat, onClose }: { chat?: Chat; onClose: () => void }): ReactNode {
  const [q, setQ] = useState('');
  const [isEverywhere, setEverywhere] = useState(!chat);
  const found = useSearch(q, isEverywhere ? undefined : chat?.id);
  return (
    <Sheet title="Search messages" startsAt="words" onClose={onClose}>
      <div className="sheet-part">
        <WordsField words={q} onChange={setQ} />
        {chat && (
          <label className="check">
            <input
              type="checkbox"
              checked={isEverywhere}
              onChange={(event) => setEverywhere(event.target.checked)}
            />
            In all rooms, not {roomName(chat)} alone
          </label>
        )}
        <p role="status" className="soft directory-word">
          {wordOf(found)}
        </p>
        <HitList found={found} hasRooms={isEverywhere} onFollow={onClose} />
        {found.state === 'more' && (
          <button type="button" className="button is-quiet" onClick={found.more}>
            Older messages
          </button>
        )}
      </div>
    </Sheet>
  );
}

function WordsField(props: { words: string; onChange: (words: string) => void }): ReactNode {
  return (
    <div className="search">
      <Icon name="search" />
      <input
        type="search"
        name="words"
        aria-label="Words of the message"
        placeholder="Words of the message"
        maxLength={200}
        value={props.words}
        onChange={(event) => props.onChange(event.target.value)}
      />
    </div>
  );
}

function HitList(props: { found: Searched; hasRooms: boolean; onFollow: () => void }): ReactNode {
  const { messages, highlights, state } = props.found;
  return (
    <ul className="hits" aria-label="Messages found" aria-busy={state === 'searching'}>
      {messages.map((message) => (
        <Hit
          key={message.id}
          message={message}
          highlights={highlights[message.id] ?? []}
          hasRoom={props.hasRooms}
          onFollow={props.onFollow}
        />
      ))}
    </ul>
  );
}

function wordOf({ state, problem, messages }: Searched): string {
  if (problem) return problem;
  if (state === 'idle') return 'Whole words; between quotation marks as they follow one another.';
  if (state === 'searching') return messages.length === 0 ? 'Searching …' : '';
  if (messages.length === 0) return 'No message holds these words.';
  const count = `${messages.length} ${messages.length === 1 ? 'message' : 'messages'}`;
  return state === 'more' ? `${count} so far` : count;
}

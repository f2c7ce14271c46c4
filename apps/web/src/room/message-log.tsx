import type { Chat } from '@conclave/client';
import { type ReactNode, useMemo, useState } from 'react';
import type { UsedRoom } from '@conclave/client/react';
import { roomName } from '../names';
import { MessageItem, type Ways } from './message-item';
import { placed } from './placed';
import { useQuoted } from './quoted';
import { useRoving } from './roving';

interface Props {
  used: UsedRoom;
  chat: Chat;
  ways: Ways;
}

/** Messages by day and sender, with a line at the first unread one. */
export function MessageLog({ used, chat, ways }: Props): ReactNode {
  const { messages, hasOlder, isOpen } = used;
  const readSeq = useFirstReadSeq(chat, isOpen);
  const items = useMemo(() => placed(messages, readSeq), [messages, readSeq]);
  // A message sent moves both on by one; what changes others moves one of them alone.
  const quotedOf = useQuoted({ id: chat.id, messages, edits: chat.last_change - chat.last_seq });
  const { active, box } = useRoving(messages);
  const reachable = active ?? messages.at(-1)?.key;
  return (
    <div role="log" aria-live="off" aria-label={`Messages of ${roomName(chat)}`} {...box}>
      {!hasOlder && isOpen && <p className="beginning soft">The beginning of the room.</p>}
      <ol className="messages">
        {items.map((item) => (
          <MessageItem
            key={item.message.key}
            {...item}
            ways={ways}
            quoted={quotedOf(item.message)}
            isActive={active === item.message.key}
            isReachable={reachable === item.message.key}
          />
        ))}
      </ol>
    </div>
  );
}

/** Up to where the room was read when it was opened. */
function useFirstReadSeq(chat: Chat, isOpen: boolean): number | null {
  const [seq, setSeq] = useState<number | null>(null);
  if (isOpen && seq === null) {
    setSeq(chat.unread_count ? (chat.read_seq ?? 0) : Infinity);
  }
  return seq;
}

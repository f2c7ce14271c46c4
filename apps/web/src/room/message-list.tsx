import type { Chat, Member, RoomMessage } from '@conclave/client';
import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { type UsedRoom, useClient } from '@conclave/client/react';
import { roomName } from '../names';
import { Icon } from '../ui/icon';
import { MessageItem } from './message-item';
import { placed } from './placed';
import { type Goal, Scroller, type Scrolled } from './scroller';
import { useRoving } from './roving';

/** How far from an end more messages are asked for. */
const AHEAD_PX = 900;
const FAR_PX = 240;

interface Props {
  used: UsedRoom;
  chat: Chat;
  onReply: (message: RoomMessage) => void;
  onRow: (message: RoomMessage) => void;
}

/** A run of the room's messages, by day and sender. */
export function MessageList({ used, chat, onReply, onRow }: Props): ReactNode {
  const { messages, hasOlder, hasNewer, isOpen, isLoading } = used;
  const room = useClient().room(chat.id);
  const goal = useRef<Goal | null>({ to: 'unread' });
  const readSeq = useFirstReadSeq(chat, isOpen);
  const { scrolled, onScroll, isFar } = useScrolled(used);
  useEdges(used, scrolled);
  const items = useMemo(() => placed(messages, readSeq), [messages, readSeq]);
  const roving = useRoving(messages);
  const find = useCallback((id: string) => messages.find((each) => each.id === id), [messages]);
  const toMessage = useCallback(
    (messageId: string) => {
      goal.current = { to: 'message', id: messageId };
      room.open({ messageId }).catch(() => undefined);
    },
    [room],
  );
  const toNewest = (): void => {
    goal.current = { to: 'newest' };
    room.open('newest').catch(() => undefined);
  };
  const canModerate = chat.visibility !== 'direct' && isAdmin(chat.role);
  return (
    <>
      <Scroller isAtEnd={!hasNewer} goal={goal} onScroll={onScroll}>
        <div
          role="log"
          aria-live="off"
          aria-label={`Messages of ${roomName(chat)}`}
          {...roving.box}
        >
          {!hasOlder && isOpen && <p className="beginning soft">The beginning of the room.</p>}
          <ol className="messages">
            {items.map(({ message, day, isFirst, isFirstUnread }) => (
              <MessageItem
                key={message.key}
                room={room}
                message={message}
                day={day}
                isFirst={isFirst}
                isFirstUnread={isFirstUnread}
                isActive={roving.active === message.key}
                isReachable={(roving.active ?? messages.at(-1)?.key) === message.key}
                canModerate={canModerate}
                find={find}
                onQuote={toMessage}
                onReply={onReply}
                onRow={onRow}
              />
            ))}
          </ol>
        </div>
      </Scroller>
      <p role="status" className={isLoading ? 'loading is-shown' : 'loading'}>
        {isLoading && 'Loading …'}
      </p>
      <button
        type="button"
        className={isFar || hasNewer ? 'to-newest is-shown' : 'to-newest'}
        onClick={toNewest}
      >
        <Icon name="down" />
        Newest
        {chat.unread_count ? <span className="badge">{chat.unread_count}</span> : null}
      </button>
    </>
  );
}

function isAdmin(role: Member['role'] | null): boolean {
  return role === 'owner' || role === 'admin';
}

/** Up to where the room was read when it was opened. */
function useFirstReadSeq(chat: Chat, isOpen: boolean): number | null {
  const [seq, setSeq] = useState<number | null>(null);
  if (isOpen && seq === null) {
    setSeq(chat.unread_count ? (chat.read_seq ?? 0) : Infinity);
  }
  return seq;
}

function useScrolled({ markRead, isOpen }: UsedRoom): {
  scrolled: React.RefObject<Scrolled | null>;
  onScroll: (place: Scrolled) => void;
  isFar: boolean;
} {
  const scrolled = useRef<Scrolled | null>(null);
  const [isFar, setFar] = useState(false);
  const read = useCallback(() => {
    if (document.visibilityState === 'visible' && scrolled.current?.seq)
      markRead(scrolled.current.seq);
  }, [markRead]);
  useEffect(() => {
    document.addEventListener('visibilitychange', read);
    return () => document.removeEventListener('visibilitychange', read);
  }, [read]);
  const onScroll = useCallback(
    (place: Scrolled) => {
      scrolled.current = place;
      setFar(place.below > FAR_PX);
      if (isOpen) read();
    },
    [read, isOpen],
  );
  return { scrolled, onScroll, isFar };
}

/** Asks for more where an end comes near. */
function useEdges(used: UsedRoom, scrolled: React.RefObject<Scrolled | null>): void {
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

import type { Attachment, Chat, Room, RoomMessage } from '@conclave/client';
import { type ReactNode, type RefObject, useCallback, useEffect, useMemo, useRef } from 'react';
import { type UsedRoom, useClient } from '@conclave/client/react';
import { replaceRoute } from '../route';
import { Icon } from '../ui/icon';
import { MessageLog } from './message-log';
import type { Ways } from './message-item';
import { useScrolled } from './scrolled';
import { type Goal, Scroller } from './scroller';

interface Props {
  used: UsedRoom;
  chat: Chat;
  /** The one that somebody looks for. */
  messageId: string | undefined;
  onReply: (message: RoomMessage) => void;
  onRow: (message: RoomMessage) => void;
  onPicture: (file: Attachment) => void;
}

/** A run of the room's messages, and the ways within it. */
export function MessageList({
  used,
  chat,
  messageId,
  onReply,
  onRow,
  onPicture,
}: Props): ReactNode {
  const room = useClient().room(chat.id);
  const { onScroll, isFar } = useScrolled(used);
  const { goal, toMessage, toNewest } = useGoal(room, messageId);
  const isAdmin = chat.role === 'owner' || chat.role === 'admin';
  const canModerate = isAdmin && chat.visibility !== 'direct';
  const ways = useMemo<Ways>(
    () => ({ room, canModerate, onQuote: toMessage, onReply, onRow, onPicture }),
    [room, canModerate, toMessage, onReply, onRow, onPicture],
  );
  return (
    <>
      <Scroller isAtEnd={!used.hasNewer} goal={goal} onScroll={onScroll}>
        <MessageLog used={used} chat={chat} ways={ways} />
      </Scroller>
      <p role="status" className={used.isLoading ? 'loading is-shown' : 'loading'}>
        {used.isLoading && 'Loading …'}
      </p>
      <button
        type="button"
        className={isFar || used.hasNewer ? 'to-newest is-shown' : 'to-newest'}
        onClick={toNewest}
      >
        <Icon name="down" />
        Newest
        {chat.unread_count ? <span className="badge">{chat.unread_count}</span> : null}
      </button>
    </>
  );
}

/** What is to be brought into view, at first the one that is looked for, else where the unread ones begin. */
function useGoal(
  room: Room,
  messageId: string | undefined,
): {
  goal: RefObject<Goal | null>;
  toMessage: (messageId: string) => void;
  toNewest: () => void;
} {
  const goal = useRef<Goal | null>(messageId ? { to: 'message', id: messageId } : { to: 'unread' });
  const toMessage = useCallback(
    (messageId: string) => {
      goal.current = { to: 'message', id: messageId };
      room.open({ messageId }).catch(() => undefined);
    },
    [room],
  );
  useEffect(() => {
    if (!messageId) return;
    toMessage(messageId);
    replaceRoute({ view: 'room', id: room.id }); // so that the same one can be looked for again
  }, [room, messageId, toMessage]);
  const toNewest = useCallback(() => {
    goal.current = { to: 'newest' };
    room.open('newest').catch(() => undefined);
  }, [room]);
  return { goal, toMessage, toNewest };
}

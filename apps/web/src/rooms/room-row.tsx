import type { Chat, Message } from '@conclave/client';
import { memo, type ReactNode } from 'react';
import { useMe } from '@conclave/client/react';
import { nameOf, roomName } from '../names';
import { hrefOf } from '../route';
import { brief } from '../times';
import { Avatar } from '../ui/avatar';
import { lineOf } from '../words';

/** A room with its last message, when that was, and how much is unread. */
export const RoomRow = memo(function RoomRow(props: { chat: Chat; isCurrent: boolean }): ReactNode {
  const { chat, isCurrent } = props;
  const { id, last_message, last_message_at, unread_count: unread } = chat;
  const name = roomName(chat);
  const mine = useMe()?.id;
  return (
    <li>
      <a
        className="room-row"
        href={hrefOf({ view: 'room', id })}
        aria-current={isCurrent ? 'page' : undefined}
      >
        <Avatar id={chat.peer?.id ?? id} name={name} />
        <span className="room-row-name">{name}</span>
        <time className="room-row-time" dateTime={last_message_at ?? undefined}>
          {last_message_at && brief(last_message_at)}
        </time>
        <span className="room-row-last">{last_message && lastLine(last_message, mine, chat)}</span>
        {unread ? (
          <span className="badge">
            {unread > 99 ? '99+' : unread}
            <span className="for-readers"> unread</span>
          </span>
        ) : null}
      </a>
    </li>
  );
});

function lastLine(message: Message, mine: string | undefined, { peer }: Chat): string {
  const text = lineOf(message);
  if (message.sender.id === mine) return `You: ${text}`;
  return peer ? text : `${nameOf(message.sender)}: ${text}`;
}

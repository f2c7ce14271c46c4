import type { Message, SearchPage } from '@conclave/client';
import type { ReactNode } from 'react';
import { useRooms } from '@conclave/client/react';
import { nameOf, roomName } from '../names';
import { hrefOf } from '../route';
import { brief } from '../times';
import { excerpt } from './excerpt';

interface Props {
  message: Message;
  highlights: SearchPage['highlights'][string];
  /** Where the hits of several rooms are shown. */
  hasRoom: boolean;
  onFollow: () => void;
}

/** A message that was found, and the way to it. */
export function Hit({ message, highlights, hasRoom, onFollow }: Props): ReactNode {
  const { id, chat_id, sender, created_at } = message;
  const chat = useRooms().find((each) => each.id === chat_id);
  return (
    <li>
      <a
        className="hit"
        href={hrefOf({ view: 'room', id: chat_id, messageId: id })}
        onClick={onFollow}
      >
        <span className="hit-head">
          <b>{nameOf(sender)}</b>
          {hasRoom && chat && <span className="soft"> in {roomName(chat)}</span>}
          <time className="soft" dateTime={created_at}>
            {brief(created_at)}
          </time>
        </span>
        <span className="hit-text" dir="auto">
          {excerpt(message.message ?? '', highlights).map(({ text, isHit }, n) =>
            isHit ? <mark key={n}>{text}</mark> : text,
          )}
        </span>
      </a>
    </li>
  );
}

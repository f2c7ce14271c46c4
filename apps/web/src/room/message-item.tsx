import type { Room, RoomMessage } from '@conclave/client';
import { memo, type ReactNode } from 'react';
import { nameOf } from '../names';
import { clock, full } from '../times';
import { Avatar } from '../ui/avatar';
import { EditMessage } from './edit-message';
import { useIsEditing } from './editing';
import { MessageState } from './message-state';
import { MessageText } from './message-text';
import { MessageTools } from './message-tools';
import { Quote } from './quote';
import { Reactions } from './reactions';

export interface MessageProps {
  room: Room;
  message: RoomMessage;
  day: string | null;
  isFirst: boolean;
  isFirstUnread: boolean;
  /** It is pointed at, or has the focus. */
  isActive: boolean;
  /** Tab leads to it. */
  isReachable: boolean;
  /** Whether the user may delete what others have written. */
  canModerate: boolean;
  find: (id: string) => RoomMessage | undefined;
  onQuote: (id: string) => void;
  onReply: (message: RoomMessage) => void;
  onRow: (message: RoomMessage) => void;
}

export const MessageItem = memo(function MessageItem(props: MessageProps): ReactNode {
  const { message, day, isFirst, isFirstUnread, isActive } = props;
  const { isMine, sender, state, key } = message;
  const isEditing = useIsEditing(key);
  const classes = ['message', `is-${state}`];
  if (isMine) classes.push('is-mine');
  if (isFirst) classes.push('is-first');
  if (isActive) classes.push('is-active');
  if (isFirstUnread) classes.push('is-first-unread');
  return (
    <li
      className={classes.join(' ')}
      data-key={key}
      data-id={message.id}
      data-seq={message.seq}
      tabIndex={props.isReachable ? 0 : -1}
    >
      {day && <p className="divider">{day}</p>}
      {isFirstUnread && <p className="divider is-new">New</p>}
      <div className="message-row">
        {isFirst && !isMine && <Avatar id={sender.id} name={nameOf(sender)} />}
        <div className="bubble">
          {isFirst && !isMine ? (
            <b className="sender">{nameOf(sender)}</b>
          ) : (
            <span className="for-readers">{isMine ? 'You' : nameOf(sender)}: </span>
          )}
          {message.reply_to && <QuoteOf {...props} />}
          {isEditing ? <EditMessage {...props} /> : <MessageText message={message} />}
          <span className="message-foot">
            {message.edited_at && !message.deleted_at && 'edited '}
            <time dateTime={message.created_at} title={full(message.created_at)}>
              {clock(message.created_at)}
            </time>
          </span>
          {isActive && !isEditing && state === 'sent' && <MessageTools {...props} />}
        </div>
      </div>
      <Reactions room={props.room} message={message} />
      <MessageState room={props.room} message={message} />
    </li>
  );
});

function QuoteOf({ message, find, onQuote }: MessageProps): ReactNode {
  return <Quote id={message.reply_to!} held={find(message.reply_to!)} onGo={onQuote} />;
}

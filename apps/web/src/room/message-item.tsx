import type { Attachment, Message, Room, RoomMessage } from '@conclave/client';
import { memo, type ReactNode } from 'react';
import { MessageFiles } from '../files/message-files';
import { nameOf } from '../names';
import { clock, full } from '../times';
import { Avatar } from '../ui/avatar';
import { useDeeds } from './deeds';
import { EditMessage } from './edit-message';
import { useIsEditing } from './editing';
import { MessageState } from './message-state';
import { MessageText } from './message-text';
import { MessageTools } from './message-tools';
import type { PlacedMessage } from './placed';
import { Quote } from './quote';
import { Reactions } from './reactions';

/** What a room's messages have in common. */
export interface Ways {
  room: Room;
  /** Whether the user may delete what others have written. */
  canModerate: boolean;
  onQuote: (id: string) => void;
  onReply: (message: RoomMessage) => void;
  onRow: (message: RoomMessage) => void;
  /** Shows a picture as large as it may be. */
  onPicture: (file: Attachment) => void;
}

interface Props extends PlacedMessage {
  ways: Ways;
  /** The message that it answers, where that is known. */
  quoted: Message | null;
  /** It is pointed at, or has the focus. */
  isActive: boolean;
  /** Tab leads to it. */
  isReachable: boolean;
}

export const MessageItem = memo(function MessageItem(props: Props): ReactNode {
  const { ways, message, day, isFirst, isFirstUnread, isActive } = props;
  const isEditing = useIsEditing(message.key);
  const deeds = useDeeds(ways.room, message);
  const hasTools = isActive && !isEditing && message.state === 'sent' && !message.deleted_at;
  const classes = ['message', `is-${message.state}`];
  if (message.isMine) classes.push('is-mine');
  if (isFirst) classes.push('is-first');
  if (isActive) classes.push('is-active');
  if (isEditing) classes.push('is-editing');
  if (isFirstUnread) classes.push('is-first-unread');
  return (
    <li
      className={classes.join(' ')}
      data-key={message.key}
      data-id={message.id}
      data-seq={message.seq}
      tabIndex={props.isReachable ? 0 : -1}
    >
      {day && <p className="divider">{day}</p>}
      {isFirstUnread && <p className="divider is-new">New</p>}
      <div className="message-row">
        <Bubble {...props} isEditing={isEditing}>
          {hasTools && <MessageTools ways={ways} message={message} deeds={deeds} />}
        </Bubble>
      </div>
      <Reactions message={message} onReact={deeds.react} />
      <MessageState room={ways.room} message={message} fault={deeds.fault} />
    </li>
  );
});

function Bubble(props: Props & { isEditing: boolean; children: ReactNode }): ReactNode {
  const { ways, message, quoted, isFirst } = props;
  const { isMine, sender, reply_to, created_at } = message;
  const name = nameOf(sender);
  return (
    <>
      {isFirst && !isMine && <Avatar id={sender.id} name={name} />}
      <div className="bubble">
        {isFirst && !isMine ? (
          <b className="sender" dir="auto">
            {name}
          </b>
        ) : (
          <span className="for-readers">{isMine ? 'You' : name}: </span>
        )}
        {reply_to && <Quote of={quoted} onGo={() => ways.onQuote(reply_to)} />}
        <MessageFiles message={message} onOpen={ways.onPicture} />
        {props.isEditing ? (
          <EditMessage room={ways.room} message={message} />
        ) : (
          <MessageText message={message} />
        )}
        <span className="message-foot">
          {message.edited_at && !message.deleted_at && 'edited '}
          <time dateTime={created_at} title={full(created_at)}>
            {clock(created_at)}
          </time>
        </span>
        {props.children}
      </div>
    </>
  );
}

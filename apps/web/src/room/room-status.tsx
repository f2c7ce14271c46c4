import type { RoomMessage } from '@conclave/client';
import type { ReactNode } from 'react';
import { type UsedRoom, useMe } from '@conclave/client/react';
import { listNames } from '../names';

/** Who types, and who has seen the user's last message: a line that is always there. */
export function RoomStatus(props: { used: UsedRoom; messages: readonly RoomMessage[] }): ReactNode {
  const { typing, members, hasNewer, chat } = props.used;
  const me = useMe();
  const last = props.messages.at(-1);
  const seen =
    last?.isMine && last.seq > 0 && !hasNewer
      ? (members ?? [])
          .filter(({ user, read_seq }) => user.id !== me?.id && (read_seq ?? 0) >= last.seq)
          .map(({ user }) => user)
      : [];
  const typists = typing.filter(({ id }) => id !== me?.id);
  return (
    <div className="room-status">
      <span className="typing">
        {typists.length > 0 &&
          `${listNames(typists)} ${typists.length === 1 ? 'is' : 'are'} typing …`}
      </span>
      <span className="seen">
        {seen.length > 0 && (chat?.visibility === 'direct' ? 'Seen' : `Seen by ${listNames(seen)}`)}
      </span>
    </div>
  );
}

import type { Room, RoomMessage } from '@conclave/client';
import type { ReactNode } from 'react';
import { useStatus } from '@conclave/client/react';

/** Of a message that the server does not have yet: that, and what can be done. */
export function MessageState({ room, message }: { room: Room; message: RoomMessage }): ReactNode {
  const isOnline = useStatus() === 'online';
  const { key, state, problem } = message;
  if (state === 'sent') return null;
  if (state === 'pending')
    return (
      <p className="message-state">
        {isOnline ? 'Sending …' : 'Not sent yet: it goes once the connection is back.'}
      </p>
    );
  return (
    <div className="message-state is-wrong" role="alert">
      <p>Not sent. {problem?.detail}</p>
      <button type="button" className="link" onClick={() => room.retry(key)}>
        Send again
      </button>
      <button type="button" className="link" onClick={() => room.discard(key)}>
        Discard
      </button>
    </div>
  );
}

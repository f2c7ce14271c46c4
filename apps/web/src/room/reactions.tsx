import type { Room, RoomMessage } from '@conclave/client';
import type { ReactNode } from 'react';

/** Who reacts again takes it back. */
export function Reactions({ room, message }: { room: Room; message: RoomMessage }): ReactNode {
  if (message.reactions.length === 0) return null;
  return (
    <ul className="reactions" aria-label="Reactions">
      {message.reactions.map(({ emoji, count, me }) => (
        <li key={emoji}>
          <button
            type="button"
            className="reaction"
            aria-pressed={me}
            aria-label={`${emoji}, ${count}`}
            onClick={() => void room.react(message.id, emoji, !me).catch(() => undefined)}
          >
            {emoji} {count}
          </button>
        </li>
      ))}
    </ul>
  );
}

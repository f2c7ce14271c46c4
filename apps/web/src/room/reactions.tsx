import type { RoomMessage } from '@conclave/client';
import type { ReactNode } from 'react';
import type { Deeds } from './deeds';

/** Who reacts again takes it back. */
export function Reactions(props: { message: RoomMessage; onReact: Deeds['react'] }): ReactNode {
  const { reactions } = props.message;
  if (reactions.length === 0) return null;
  return (
    <ul className="reactions" aria-label="Reactions">
      {reactions.map(({ emoji, count, me }) => (
        <li key={emoji}>
          <button
            type="button"
            className="reaction"
            aria-pressed={me}
            aria-label={`${emoji}, ${count}`}
            onClick={() => void props.onReact(emoji, !me)}
          >
            {emoji} {count}
          </button>
        </li>
      ))}
    </ul>
  );
}

import type { Room, RoomMessage } from '@conclave/client';
import { type ReactNode, useState } from 'react';
import { useAction } from '../ui/action';
import { IconButton } from '../ui/icon';

const USUAL = ['👍', '❤️', '😂', '🎉', '😮', '🙏'];

/** Some of the usual ones, and a field for any other. */
export function ReactionPicker(props: {
  room: Room;
  message: RoomMessage;
  onDone: () => void;
}): ReactNode {
  const { room, message, onDone } = props;
  const [text, setText] = useState('');
  const { run, problem } = useAction();
  const react = async (emoji: string): Promise<void> => {
    if (emoji && (await run(() => room.react(message.id, emoji)))) onDone();
  };
  return (
    <form
      className="picker"
      aria-label="React"
      onSubmit={(event) => {
        event.preventDefault();
        void react(text.trim());
      }}
    >
      {USUAL.map((emoji, i) => (
        <button
          key={emoji}
          type="button"
          className="picker-emoji"
          aria-label={`React with ${emoji}`}
          autoFocus={i === 0}
          onClick={() => void react(emoji)}
        >
          {emoji}
        </button>
      ))}
      <input
        aria-label="Another emoji"
        placeholder="☺"
        value={text}
        aria-invalid={problem ? true : undefined}
        title={problem?.detail}
        onChange={(event) => setText(event.target.value)}
      />
      <IconButton icon="check" label="React with it" type="submit" />
      {problem && (
        <span role="alert" className="picker-word">
          {problem.detail}
        </span>
      )}
    </form>
  );
}

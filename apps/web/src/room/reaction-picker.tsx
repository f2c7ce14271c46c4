import { type ReactNode, useState } from 'react';
import { IconButton } from '../ui/icon';
import type { Deeds } from './deeds';

const USUAL = ['👍', '❤️', '😂', '🎉', '😮', '🙏'];

/** Some of the usual ones, and a field for any other; what is wrong with that stands below the message. */
export function ReactionPicker(props: { onReact: Deeds['react']; onDone: () => void }): ReactNode {
  const { onReact, onDone } = props;
  return (
    <div className="picker">
      {USUAL.map((emoji, i) => (
        <button
          key={emoji}
          type="button"
          className="picker-emoji"
          aria-label={`React with ${emoji}`}
          autoFocus={i === 0}
          onClick={() => {
            onDone();
            void onReact(emoji);
          }}
        >
          {emoji}
        </button>
      ))}
      <AnotherEmoji {...props} />
    </div>
  );
}

function AnotherEmoji({ onReact, onDone }: Parameters<typeof ReactionPicker>[0]): ReactNode {
  const [text, setText] = useState('');
  const [isWrong, setWrong] = useState(false);
  const react = async (): Promise<void> => {
    if (!text.trim()) return;
    if (await onReact(text.trim())) onDone();
    else setWrong(true);
  };
  return (
    <form
      className="picker-form"
      aria-label="React"
      onSubmit={(event) => {
        event.preventDefault();
        void react();
      }}
    >
      <input
        aria-label="Another emoji"
        placeholder="☺"
        value={text}
        autoComplete="off"
        aria-invalid={isWrong || undefined}
        onChange={(event) => {
          setText(event.target.value);
          setWrong(false);
        }}
      />
      <IconButton icon="check" label="React with it" type="submit" />
    </form>
  );
}

import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { useAction } from '../ui/action';
import { useGrowing } from './composer';
import { editing } from './editing';
import type { MessageProps } from './message-item';

/** In the place of the text: Enter keeps it, Escape leaves it as it was. */
export function EditMessage({ room, message }: MessageProps): ReactNode {
  const [text, setText] = useState(message.message ?? '');
  const area = useRef<HTMLTextAreaElement>(null);
  const { run, problem, isBusy } = useAction();
  useGrowing(area, text);
  useEffect(() => {
    const { current } = area;
    current?.focus();
    current?.setSelectionRange(current.value.length, current.value.length);
  }, []);
  const end = (): void => {
    area.current?.closest<HTMLElement>('li.message')?.focus();
    editing.set(null);
  };
  const save = async (): Promise<void> => {
    if (text === message.message) return end();
    if (await run(() => room.edit(message.id, text))) end();
  };
  const onKey = (event: KeyboardEvent): void => {
    const isEnter = event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing;
    if (isEnter) void save();
    else if (event.key === 'Escape') end();
    else return;
    event.preventDefault();
  };
  return (
    <div className="edit">
      <textarea
        ref={area}
        rows={1}
        value={text}
        dir="auto"
        aria-label="Edit the message"
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKey}
      />
      <div className="edit-foot">
        <button
          type="button"
          className="button is-small"
          disabled={isBusy}
          onClick={() => void save()}
        >
          Save
        </button>
        <button type="button" className="button is-quiet is-small" onClick={end}>
          Cancel
        </button>
        <span role="alert" className="field-word is-wrong">
          {problem?.fields.message?.join('. ') ?? problem?.detail}
        </span>
      </div>
    </div>
  );
}

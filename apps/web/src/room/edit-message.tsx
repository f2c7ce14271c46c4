import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { Problem, Room, RoomMessage } from '@conclave/client';
import { useAction } from '../ui/action';
import { wordsOf } from '../words';
import { editing } from './editing';
import { MessageField } from './message-field';

/** In the place of the text: Enter keeps it, Escape leaves it as it was. */
export function EditMessage({ room, message }: { room: Room; message: RoomMessage }): ReactNode {
  const [text, setText] = useState(message.message ?? '');
  const area = useFocusedAtEnd();
  const { run, problem, isBusy } = useAction();
  const end = (): void => {
    area.current?.closest<HTMLElement>('li.message')?.focus();
    editing.set(null);
  };
  const save = async (): Promise<void> => {
    if (text === message.message) return end();
    if (await run(() => room.edit(message.id, text))) end();
  };
  const onKey = (key: string): boolean => {
    if (key === 'Escape') end();
    return key === 'Escape';
  };
  return (
    <div className="edit">
      <MessageField
        area={area}
        text={text}
        label="Edit the message"
        onText={setText}
        onEnter={() => void save()}
        onKey={onKey}
      />
      <EditFoot isBusy={isBusy} problem={problem} onSave={() => void save()} onEnd={end} />
    </div>
  );
}

function EditFoot(props: {
  isBusy: boolean;
  problem: Problem | null;
  onSave: () => void;
  onEnd: () => void;
}): ReactNode {
  const { isBusy, problem, onSave, onEnd } = props;
  return (
    <div className="edit-foot">
      <button type="button" className="button is-small" disabled={isBusy} onClick={onSave}>
        Save
      </button>
      <button type="button" className="button is-quiet is-small" onClick={onEnd}>
        Cancel
      </button>
      <span role="alert" className="field-word is-wrong">
        {problem && wordsOf(problem)}
      </span>
    </div>
  );
}

function useFocusedAtEnd(): React.RefObject<HTMLTextAreaElement | null> {
  const area = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    const { current } = area;
    current?.focus();
    current?.setSelectionRange(current.value.length, current.value.length);
  }, []);
  return area;
}

import type { RoomMessage } from '@conclave/client';
import { type ReactNode, useRef, useState } from 'react';
import { SHOWS_ROWS } from '../server';
import { IconButton } from '../ui/icon';
import type { Deeds } from './deeds';
import { editing } from './editing';
import type { Ways } from './message-item';
import { ReactionPicker } from './reaction-picker';

interface Props {
  ways: Ways;
  message: RoomMessage;
  deeds: Deeds;
}

/** What can be done with a message. */
export function MessageTools({ ways, message, deeds }: Props): ReactNode {
  const [open, setOpen] = useState<'picker' | 'delete' | null>(null);
  const box = useRef<HTMLDivElement>(null);
  const close = (): void => {
    box.current?.closest<HTMLElement>('li.message')?.focus(); // else it would be nowhere
    setOpen(null);
  };
  return (
    <div
      ref={box}
      className="tools"
      role="group"
      aria-label="What to do with this message"
      onKeyDown={(event) => event.key === 'Escape' && close()}
    >
      {open === null && <Buttons ways={ways} message={message} onOpen={setOpen} />}
      {open === 'picker' && <ReactionPicker onReact={deeds.react} onDone={close} />}
      {open === 'delete' && (
        <AskToDelete
          onYes={() => {
            close();
            void deeds.delete();
          }}
          onNo={close}
        />
      )}
    </div>
  );
}

function AskToDelete({ onYes, onNo }: { onYes: () => void; onNo: () => void }): ReactNode {
  return (
    <>
      <span className="tools-word">Delete it?</span>
      <button type="button" className="button is-danger is-small" autoFocus onClick={onYes}>
        Delete
      </button>
      <button type="button" className="button is-quiet is-small" onClick={onNo}>
        Keep
      </button>
    </>
  );
}

function Buttons(props: {
  ways: Ways;
  message: RoomMessage;
  onOpen: (what: 'picker' | 'delete') => void;
}): ReactNode {
  const { ways, message, onOpen } = props;
  const { isMine, key } = message;
  const canDelete = isMine || ways.canModerate;
  const canEdit = isMine && message.message !== null;
  return (
    <>
      <IconButton icon="smile" label="React" onClick={() => onOpen('picker')} />
      <IconButton icon="reply" label="Reply" onClick={() => ways.onReply(message)} />
      {canEdit && <IconButton icon="edit" label="Edit" onClick={() => editing.set(key)} />}
      {canDelete && <IconButton icon="trash" label="Delete" onClick={() => onOpen('delete')} />}
      {SHOWS_ROWS && (
        <IconButton icon="disk" label="On the disk" onClick={() => ways.onRow(message)} />
      )}
    </>
  );
}

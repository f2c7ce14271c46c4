import { type ReactNode, useState } from 'react';
import { announce } from '../ui/announcer';
import { IconButton } from '../ui/icon';
import { editing } from './editing';
import type { MessageProps } from './message-item';
import { ReactionPicker } from './reaction-picker';

/** What can be done with a message. */
export function MessageTools(props: MessageProps): ReactNode {
  const { room, message } = props;
  const [open, setOpen] = useState<'picker' | 'delete' | null>(null);
  if (message.deleted_at) return null;
  const close = (): void => setOpen(null);
  return (
    <div
      className="tools"
      role="group"
      aria-label="What to do with this message"
      onKeyDown={(event) => event.key === 'Escape' && close()}
    >
      {open === 'delete' ? (
        <>
          <span className="tools-word">Delete it?</span>
          <button
            type="button"
            className="button is-danger is-small"
            autoFocus
            onClick={() => {
              close();
              room.delete(message.id).catch((error: Error) => announce(error.message));
            }}
          >
            Delete
          </button>
          <button type="button" className="button is-quiet is-small" onClick={close}>
            Keep
          </button>
        </>
      ) : open === 'picker' ? (
        <ReactionPicker room={room} message={message} onDone={close} />
      ) : (
        <Buttons {...props} onOpen={setOpen} />
      )}
    </div>
  );
}

function Buttons(props: MessageProps & { onOpen: (what: 'picker' | 'delete') => void }): ReactNode {
  const { message, canModerate, onOpen, onReply, onRow } = props;
  const { isMine } = message;
  return (
    <>
      <IconButton icon="smile" label="React" onClick={() => onOpen('picker')} />
      <IconButton icon="reply" label="Reply" onClick={() => onReply(message)} />
      {isMine && message.message !== null && (
        <IconButton icon="edit" label="Edit" onClick={() => editing.set(message.key)} />
      )}
      {(isMine || canModerate) && (
        <IconButton icon="trash" label="Delete" onClick={() => onOpen('delete')} />
      )}
      <IconButton icon="disk" label="On the disk" onClick={() => onRow(message)} />
    </>
  );
}

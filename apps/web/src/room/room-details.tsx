import type { Chat } from '@conclave/client';
import type { ReactNode } from 'react';
import type { UsedRoom } from '@conclave/client/react';
import { goTo } from '../route';
import { useAction } from '../ui/action';
import { Confirm } from '../ui/confirm';
import { Field, Form } from '../ui/form';
import { Sheet } from '../ui/sheet';
import { wordsOf } from '../words';
import { Members } from './members';

interface Props {
  used: UsedRoom;
  chat: Chat;
  onClose: () => void;
}

/** Who is in the room, and what may be changed of it. */
export function RoomDetails({ used, chat, onClose }: Props): ReactNode {
  const isDirect = chat.visibility === 'direct';
  const canRename = !isDirect && (chat.role === 'owner' || chat.role === 'admin');
  return (
    <Sheet title="Members and settings" onClose={onClose}>
      <Members used={used} chat={chat} />
      {canRename && <Settings used={used} chat={chat} />}
      {!isDirect && <Ends used={used} chat={chat} />}
    </Sheet>
  );
}

function Settings({ used, chat }: Omit<Props, 'onClose'>): ReactNode {
  const isOwner = chat.role === 'owner';
  return (
    <section className="sheet-part">
      <h3>Settings</h3>
      <Form
        label="Settings"
        button="Save"
        onSubmit={({ chat_name, visibility }) =>
          used.update({
            chat_name,
            ...(isOwner && { visibility: visibility === 'private' ? 'private' : 'public' }),
          })
        }
      >
        <Field label="Name" name="chat_name" defaultValue={chat.chat_name ?? ''} />
        {isOwner && (
          <fieldset className="choice">
            <legend>Who may join</legend>
            {(['public', 'private'] as const).map((value) => (
              <label key={value}>
                <input
                  type="radio"
                  name="visibility"
                  value={value}
                  defaultChecked={chat.visibility === value}
                />{' '}
                {value === 'public' ? 'Everybody' : 'Those who are added'}
              </label>
            ))}
          </fieldset>
        )}
      </Form>
    </section>
  );
}

function Ends({ used, chat }: Omit<Props, 'onClose'>): ReactNode {
  const { run, problem } = useAction();
  const end = async (work: () => Promise<void>): Promise<void> => {
    if (await run(work)) goTo({ view: 'rooms' });
  };
  return (
    <section className="sheet-part">
      <p role="alert" className="form-word">
        {problem && wordsOf(problem)}
      </p>
      <Confirm
        label="Leave the room"
        question="Leave this room?"
        confirm="Leave"
        onConfirm={() => void end(used.leave)}
      />
      {chat.role === 'owner' && (
        <Confirm
          label="Delete the room"
          question="Delete this room with all of its messages, for everybody?"
          confirm="Delete"
          onConfirm={() => void end(used.deleteRoom)}
        />
      )}
    </section>
  );
}

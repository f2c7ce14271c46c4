import { Problem } from '@conclave/client';
import type { ReactNode } from 'react';
import { useClient, useMe } from '@conclave/client/react';
import { goTo } from '../route';
import { Field, Form } from '../ui/form';
import { Sheet } from '../ui/sheet';

/** A room for many, or one for two. */
export function NewRoom({ onClose }: { onClose: () => void }): ReactNode {
  const client = useClient();
  const me = useMe();
  const open = (id: string): void => {
    onClose();
    goTo({ view: 'room', id });
  };
  return (
    <Sheet title="New room" startsAt="chat_name" onClose={onClose}>
      <section className="sheet-part">
        <Form
          label="New room"
          button="Make the room"
          onSubmit={async ({ chat_name, visibility }) => {
            const isPrivate = visibility === 'private';
            open((await client.createRoom(chat_name, isPrivate ? 'private' : 'public')).id);
          }}
        >
          <Field label="Name" name="chat_name" autoComplete="off" />
          <fieldset className="choice">
            <legend>Who may join</legend>
            <label>
              <input type="radio" name="visibility" value="public" defaultChecked /> Everybody
            </label>
            <label>
              <input type="radio" name="visibility" value="private" /> Those whom you add
            </label>
          </fieldset>
        </Form>
      </section>
      <section className="sheet-part">
        <h3>Talk to one person</h3>
        <Form
          label="Talk to one person"
          button="Open"
          onSubmit={async ({ email }) => {
            const id = await idOf(client, email);
            if (id === me?.id) throw wrongEmail('This is your own e-mail');
            open((await client.openDirect(id)).id);
          }}
        >
          <Field label="Their e-mail" name="email" type="email" autoComplete="off" />
        </Form>
      </section>
    </Sheet>
  );
}

/** @throws Problem where nobody has that e-mail */
export async function idOf(client: ReturnType<typeof useClient>, email: string): Promise<string> {
  const person = await client.findByEmail(email);
  if (person) return person.id;
  throw wrongEmail('Nobody here has this e-mail');
}

/** Told as the server tells of a field. */
function wrongEmail(words: string): Problem {
  return new Problem({
    type: 'urn:conclave:problem:invalid-input',
    title: 'Invalid input',
    status: 400,
    detail: `${words}.`,
    errors: [{ field: 'email', messages: [words] }],
  });
}

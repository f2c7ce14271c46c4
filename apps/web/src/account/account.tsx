import { type ReactNode, useState } from 'react';
import { useClient, useMe } from '@conclave/client/react';
import { Field, Form } from '../ui/form';
import { PageHead } from '../ui/page-head';
import { Sessions } from './sessions';

/** Everything about one's own account. */
export function Account(): ReactNode {
  const client = useClient();
  return (
    <main className="main">
      <PageHead>
        <h2>Your account</h2>
        <button type="button" className="button is-quiet" onClick={() => void client.logOut()}>
          Log out
        </button>
      </PageHead>
      <div className="page">
        <ProfilePart />
        <PasswordPart />
        <Sessions />
        <ErasePart />
      </div>
    </main>
  );
}

function ProfilePart(): ReactNode {
  const client = useClient();
  const me = useMe();
  const [done, setDone] = useState<string | null>(null);
  if (!me) return <section className="part" aria-busy="true" />;
  return (
    <section className="part" aria-labelledby="profile">
      <h3 id="profile">Profile</h3>
      <p className="soft">What others see of you. Your e-mail, {me.email}, is not part of it.</p>
      <Form
        label="Profile"
        button="Save"
        done={done}
        onSubmit={async ({ fname, lname, profile }) => {
          const changes = { fname, lname, profile };
          const given = Object.entries(changes).map(([name, text]) => [name, text.trim() || null]);
          await client.updateProfile(Object.fromEntries(given) as Partial<typeof changes>);
          setDone('Saved.');
        }}
      >
        <div className="field-pair">
          <Field label="First name" name="fname" defaultValue={me.fname ?? ''} />
          <Field label="Last name" name="lname" defaultValue={me.lname ?? ''} />
        </div>
        <Field label="About you" name="profile" defaultValue={me.profile ?? ''} />
      </Form>
    </section>
  );
}

function PasswordPart(): ReactNode {
  const client = useClient();
  const [done, setDone] = useState<string | null>(null);
  return (
    <section className="part" aria-labelledby="password">
      <h3 id="password">Password</h3>
      <p className="soft">Another one ends every other session.</p>
      <Form
        label="Password"
        button="Change the password"
        done={done}
        onSubmit={async ({ current_password, new_password }, form) => {
          await client.calls.changePassword(current_password, new_password);
          form.reset();
          setDone('Changed.');
        }}
      >
        <Field
          label="Password so far"
          name="current_password"
          type="password"
          autoComplete="current-password"
        />
        <Field
          label="New password"
          name="new_password"
          type="password"
          autoComplete="new-password"
        />
      </Form>
    </section>
  );
}

function ErasePart(): ReactNode {
  const client = useClient();
  return (
    <section className="part" aria-labelledby="erase">
      <h3 id="erase">Erase the account</h3>
      <p className="soft">
        Ends your account and every message of yours, for good. Nobody can bring them back.
      </p>
      <Form
        label="Erase the account"
        button="Erase everything"
        isDanger
        onSubmit={({ password }) => client.eraseAccount({ password })}
      >
        <Field label="Password" name="password" type="password" autoComplete="current-password" />
      </Form>
    </section>
  );
}

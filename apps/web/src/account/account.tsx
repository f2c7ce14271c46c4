import { type ReactNode, useState } from 'react';
import { useClient, useMe } from '@conclave/client/react';
import { useServer } from '../server';
import { Field, Form } from '../ui/form';
import { PageHead } from '../ui/page-head';
import { Sessions } from './sessions';

/** Everything about one's own account. */
export function Account(): ReactNode {
  const client = useClient();
  const me = useMe();
  const server = useServer();
  // Whoever has no e-mail came by the team's own page, and has no password.
  const hasPassword = server?.password_log_in === true && me?.email !== null;
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
        {hasPassword && <PasswordPart />}
        <Sessions />
        {server && <ErasePart hasPassword={hasPassword} />}
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
      <p className="soft">
        What others see of you.{me.email && ` Your e-mail, ${me.email}, is not part of it.`}
      </p>
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
      <p className="soft">A new one ends every session but this one.</p>
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
          label="Current password"
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

function ErasePart({ hasPassword }: { hasPassword: boolean }): ReactNode {
  const client = useClient();
  return (
    <section className="part" aria-labelledby="erase">
      <h3 id="erase">Erase the account</h3>
      <p className="soft">
        Ends your account and every message of yours, for good. Nobody can bring them back.
      </p>
      {hasPassword ? (
        <Form
          label="Erase the account"
          button="Erase everything"
          isDanger
          onSubmit={({ password }) => client.eraseAccount({ password })}
        >
          <Field label="Password" name="password" type="password" autoComplete="current-password" />
        </Form>
      ) : (
        <p>You have no password here: ask for it where you log in, at your team’s own page.</p>
      )}
    </section>
  );
}

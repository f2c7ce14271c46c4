import { type ReactNode, useEffect, useState } from 'react';
import { useClient } from '@conclave/client/react';
import mark from '../icon.svg';
import { useServer } from '../server';
import { Field, Form } from '../ui/form';

/** The way in, as the server says that it is open. */
export function SignIn({ wasEnded }: { wasEnded: boolean }): ReactNode {
  const [isNew, setNew] = useState(false);
  useEffect(() => {
    document.title = 'Conclave';
  }, []);
  return (
    <main className="sign-in">
      <div className="sign-in-card">
        <img className="sign-in-mark" src={mark} alt="" width="48" height="48" />
        <h1>{isNew ? 'Make an account' : 'Welcome to Conclave'}</h1>
        <p className="soft">Rooms and messages, sealed on the disk under keys of their own.</p>
        {wasEnded && (
          <p role="alert" className="notice">
            Your session was ended. Log in again to go on.
          </p>
        )}
        <Ways isNew={isNew} onNew={setNew} />
      </div>
    </main>
  );
}

function Ways({ isNew, onNew }: { isNew: boolean; onNew: (isNew: boolean) => void }): ReactNode {
  const server = useServer();
  if (!server) return <div className="sign-in-ways" aria-busy="true" />;
  if (!server.password_log_in)
    return (
      <p className="notice is-calm">
        Here you log in by your team’s own page: this server takes no passwords.
      </p>
    );
  if (isNew) return <SignUpForm onBack={() => onNew(false)} />;
  return <LogInForm onNew={server.sign_up === 'open' ? () => onNew(true) : null} />;
}

function LogInForm({ onNew }: { onNew: (() => void) | null }): ReactNode {
  const client = useClient();
  const closed = 'Accounts are made by whoever runs this server.';
  return (
    <Form
      key="log-in"
      label="Log in"
      button="Log in"
      onSubmit={({ email, password }) => client.logIn(email, password)}
      more={
        onNew ? (
          <button type="button" className="button is-quiet" onClick={onNew}>
            Make an account
          </button>
        ) : (
          <span className="soft">{closed}</span>
        )
      }
    >
      <Field label="E-mail" name="email" type="email" autoComplete="username" autoFocus />
      <Field label="Password" name="password" type="password" autoComplete="current-password" />
    </Form>
  );
}

function SignUpForm({ onBack }: { onBack: () => void }): ReactNode {
  const client = useClient();
  return (
    <Form
      key="sign-up"
      label="Make an account"
      button="Sign up"
      onSubmit={({ email, password, fname, lname }) =>
        client.signUp({ email, password, fname: fname || null, lname: lname || null })
      }
      more={
        <button type="button" className="button is-quiet" onClick={onBack}>
          I have one
        </button>
      }
    >
      <Field label="E-mail" name="email" type="email" autoComplete="username" autoFocus />
      <Field
        label="Password"
        name="password"
        type="password"
        autoComplete="new-password"
        hint="Several words are good ones."
      />
      <div className="field-pair">
        <Field label="First name" name="fname" autoComplete="given-name" />
        <Field label="Last name" name="lname" autoComplete="family-name" />
      </div>
    </Form>
  );
}

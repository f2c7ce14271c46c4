import type { SignedOutReason } from '@conclave/client';
import { type ReactNode, useEffect, useState } from 'react';
import { useClient, useSession } from '@conclave/client/react';
import { forgetChosen } from './files/chosen';
import { forgetPreviews } from './files/previews';
import { forgetDrafts } from './room/drafts';
import { editing } from './room/editing';
import { goTo } from './route';
import { Shell } from './shell';
import { SignIn } from './sign-in/sign-in';
import { announce, Announcer } from './ui/announcer';

export function App(): ReactNode {
  const session = useSession();
  const client = useClient();
  const [reason, setReason] = useState<SignedOutReason | null>(null);
  useEffect(
    () =>
      client.onSignedOut((why) => {
        forget();
        if (why === 'logged-out') goTo({ view: 'rooms' });
        setReason(why);
      }),
    [client],
  );
  return (
    <>
      {session === 'signed-in' && <Shell />}
      {session === 'signed-out' && <SignIn wasEnded={reason === 'ended'} />}
      {session === 'restoring' && <main aria-busy="true" aria-label="Conclave" />}
      <Announcer />
    </>
  );
}

/** Whoever comes next at this screen may be somebody else. */
function forget(): void {
  forgetDrafts();
  forgetChosen();
  forgetPreviews();
  editing.set(null);
  announce('');
}

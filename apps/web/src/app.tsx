import type { SignedOutReason } from '@conclave/client';
import { type ReactNode, useEffect, useState } from 'react';
import { useClient, useSession } from '@conclave/client/react';
import { Shell } from './shell';
import { SignIn } from './sign-in/sign-in';
import { Announcer } from './ui/announcer';

export function App(): ReactNode {
  const session = useSession();
  const client = useClient();
  const [reason, setReason] = useState<SignedOutReason | null>(null);
  useEffect(() => client.onSignedOut(setReason), [client]);
  return (
    <>
      {session === 'signed-in' && <Shell />}
      {session === 'signed-out' && <SignIn wasEnded={reason === 'ended'} />}
      {session === 'restoring' && <main aria-busy="true" aria-label="Conclave" />}
      <Announcer />
    </>
  );
}

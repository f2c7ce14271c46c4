import type { ServerInfo } from '@conclave/client';
import { useClient } from '@conclave/client/react';
import { useEffect, useState } from 'react';

/** Where it does not answer: all ways in are shown, and each says for itself what is wrong. */
const UNKNOWN: Pick<ServerInfo, 'sign_up' | 'password_log_in'> = {
  sign_up: 'open',
  password_log_in: true,
};

/** What the server offers; null until that is known. */
export function useServer(): typeof UNKNOWN | null {
  const client = useClient();
  const [server, setServer] = useState<typeof UNKNOWN | null>(null);
  useEffect(() => {
    client.server().then(setServer, () => setServer(UNKNOWN));
  }, [client]);
  return server;
}

/** Whether it shows rows of the database, as in development: it says so in the page that it serves. */
export const SHOWS_ROWS = document.querySelector('meta[name="conclave-rows"]') !== null;

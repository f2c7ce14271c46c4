import type { ServerInfo } from '@conclave/client';
import { useClient, useStatus } from '@conclave/client/react';
import { useEffect, useState } from 'react';

type Offers = Pick<ServerInfo, 'sign_up' | 'password_log_in' | 'attachments'>;

/** Where it does not answer: all ways in are shown, and each says for itself what is wrong. */
const UNKNOWN: Offers = { sign_up: 'open', password_log_in: true, attachments: null };

/** What the server offers; null until that is known. */
export function useServer(): Offers | null {
  const client = useClient();
  const [server, setServer] = useState<Offers | null>(null);
  const isOnline = useStatus() === 'online'; // by then it may be another one
  useEffect(() => {
    client.server().then(setServer, () => setServer((known) => known ?? UNKNOWN));
  }, [client, isOnline]);
  return server;
}

/** Whether it shows rows of the database, as in development: it says so in the page that it serves. */
export const SHOWS_ROWS = document.querySelector('meta[name="conclave-rows"]') !== null;

import { ConclaveClient } from '@conclave/client';

/** For `test/client/browser.e2e-spec.ts`: a client, and how often it was signed out. */
const client = new ConclaveClient({ url: new URLSearchParams(location.search).get('api')! });
const ends: string[] = [];
client.onSignedOut((reason) => ends.push(reason));
Object.assign(window, { client, ends });

import { Agent, request } from 'node:http';
import { json } from 'node:stream/consumers';
import type { Answer } from '../../support/client.js';

/** `refused` was not accepted by a server; of `lost` nobody knows. */
export type Outcome = Answer | 'refused' | 'lost';

const agent = new Agent({ keepAlive: true });

/**
 * Posts JSON and tells what became of it. The body waits for `100 Continue`, which a server sends
 * when it has read the head: a connection that is cut before that carried nothing it accepted.
 */
export function post(
  url: string,
  token: string,
  body: object,
  timeoutMs: number,
): Promise<Outcome> {
  const text = JSON.stringify(body);
  const signal = AbortSignal.timeout(timeoutMs);
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    expect: '100-continue',
  };
  return new Promise((resolve) => {
    let isAccepted = false;
    const fail = (): void => resolve(isAccepted || signal.aborted ? 'lost' : 'refused');
    const sent = request(url, { agent, method: 'POST', headers, signal });
    sent.on('error', fail);
    sent.on('continue', () => {
      isAccepted = true;
      sent.end(text);
    });
    sent.on('response', (response) => {
      const { statusCode: status = 0, headers: fields } = response;
      const headers = new Headers(fields as Record<string, string>);
      json(response).then((body) => resolve({ status, headers, body }), fail);
    });
    sent.flushHeaders();
  });
}

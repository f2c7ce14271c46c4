import * as http from 'node:http';
import type { Socket } from 'node:net';
import type { Sent } from './generated-plan.js';

/** For an answer, after which there is none. */
const ANSWER_MS = 20_000;
/** Stands for a request without a `Host`. */
export const NO_HOST = 'no-host';

export interface Received {
  status: number;
  headers: http.IncomingHttpHeaders;
  /** Of an event stream nothing: it is left as soon as it begins. */
  body: Buffer;
  /** What was asked before on the same connection. */
  previous: Sent | undefined;
}

/** Sends requests as they are, over connections that are kept. */
export class Sender {
  private readonly agent: http.Agent;
  private readonly lastOn = new WeakMap<Socket, Sent>();

  constructor(
    private readonly url: string,
    connections: number,
  ) {
    this.agent = new http.Agent({ keepAlive: true, maxSockets: connections });
  }

  /** Rejects where no answer comes. */
  send(sent: Sent): Promise<Received> {
    return new Promise((resolve, reject) => {
      const { hostname, port } = new URL(this.url);
      const { method, target, body } = sent;
      const request = http.request({
        agent: this.agent,
        hostname,
        port,
        method,
        path: target,
        headers: wireHeaders(sent, `${hostname}:${port}`).flat(),
      });
      let previous: Sent | undefined;
      request.on('socket', (socket) => {
        previous = this.lastOn.get(socket);
        this.lastOn.set(socket, sent);
      });
      request.setTimeout(ANSWER_MS, () => request.destroy(new Error('no answer in time')));
      request.on('error', reject);
      request.on('response', (response) => {
        const { statusCode: status = 0, headers } = response;
        if (/event-stream/.test(headers['content-type'] ?? '')) {
          resolve({ status, headers, body: Buffer.alloc(0), previous });
          request.destroy();
          return;
        }
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({ status, headers, body: Buffer.concat(chunks), previous }),
        );
      });
      request.end(body);
    });
  }

  close(): void {
    this.agent.destroy();
  }
}

function wireHeaders({ method, headers, body }: Sent, host: string): Sent['headers'] {
  const has = (name: string): boolean => headers.some(([it]) => it.toLowerCase() === name);
  const mayHaveBody = /^(POST|PUT|PATCH|DELETE)$/.test(method);
  const isSized = (body !== undefined || mayHaveBody) && !has('transfer-encoding');
  return [
    ...(has('host') || has(NO_HOST) ? [] : [['Host', host] as [string, string]]),
    ...headers.filter(([name]) => name !== NO_HOST),
    ...(isSized ? [['Content-Length', String(body?.length ?? 0)] as [string, string]] : []),
  ];
}

const MOST_SHOWN = 400;

/** A line for a shell that sends about the same again. */
export function curl({ method, target, headers, body }: Sent, url: string): string {
  const quote = (text: string): string =>
    `'${JSON.stringify(text.slice(0, MOST_SHOWN)).slice(1, -1).replaceAll("'", "'\\''")}'`;
  return [
    'curl --path-as-is -i -X',
    method,
    ...headers.map(([name, value]) => `-H ${quote(`${name}: ${value}`)}`),
    ...(body ? [`--data-binary ${quote(body.toString())} # ${body.length} bytes`] : []),
    quote(url + target),
  ].join(' ');
}

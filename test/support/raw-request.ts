import { connect, type Socket } from 'node:net';
import type { Answer } from './client.js';

/** A connection on which nothing was said yet. */
export function openSocket(url: string): Socket {
  const { hostname, port } = new URL(url);
  return connect(Number(port), hostname);
}

/** Writes to a socket whatever it is given, reads until the server hangs up: one answer. */
export async function askRaw(url: string, text: string): Promise<Answer> {
  return parseAnswer(await exchangeRaw(url, text));
}

/** The same, whatever the server says. */
export function exchangeRaw(url: string, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = openSocket(url).setEncoding('latin1');
    socket.on('data', (chunk: string) => (answer += chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
    socket.write(text, 'latin1');
  });
}

/** @param text of one answer, whose body is not in chunks */
export function parseAnswer(text: string): Answer {
  const [head, body = ''] = text.split('\r\n\r\n', 2);
  const [status, ...lines] = head.split('\r\n');
  const headers = lines.map((line) => /^([^:]*): *(.*)$/.exec(line)!.slice(1) as [string, string]);
  return {
    status: Number(status.split(' ')[1]),
    headers: new Headers(headers),
    body: /^[[{]/.test(body) ? JSON.parse(body) : undefined,
  };
}

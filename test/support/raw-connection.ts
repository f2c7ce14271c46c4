import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A connection to a server, on which a test writes and reads as no good client would. */
export class RawConnection {
  private text = '';
  /** Resolves once it is closed, by whomever. */
  readonly closed: Promise<void>;

  private constructor(readonly socket: Socket) {
    socket.setEncoding('latin1').on('data', (piece: string) => (this.text += piece));
    socket.on('error', () => undefined); // it is closed, which is told
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
  }

  static async open(url: string): Promise<RawConnection> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    return new RawConnection(socket);
  }

  /** Opens one that reads nothing of what comes. */
  static async openUnread(url: string): Promise<RawConnection> {
    const connection = await RawConnection.open(url);
    connection.socket.pause();
    return connection;
  }

  write(text: string): void {
    this.socket.write(text);
  }

  /** A request's head, and of its body what is given. */
  send(line: string, headers: Record<string, string | number> = {}, body = ''): void {
    const fields = Object.entries({ host: 'localhost', ...headers }).map(
      ([name, value]) => `${name}: ${value}`,
    );
    this.write(`${[`${line} HTTP/1.1`, ...fields, '', ''].join('\r\n')}${body}`);
  }

  /** Of the answers so far. */
  get statuses(): number[] {
    return [...this.text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status));
  }

  get isClosed(): boolean {
    return this.socket.closed;
  }

  /** Everything that came. */
  get received(): string {
    return this.text;
  }

  close(): void {
    this.socket.destroy();
  }
}

/** A POST of JSON whose body does not all come: its headers, and a byte of a hundred. */
export function halfSent(path: string, token?: string): string {
  return [
    `POST ${path} HTTP/1.1`,
    'Host: localhost',
    'Content-Type: application/json',
    'Content-Length: 100',
    ...(token === undefined ? [] : [`Authorization: Bearer ${token}`]),
    '',
    '{',
  ].join('\r\n');
}

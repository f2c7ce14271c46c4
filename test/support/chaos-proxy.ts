import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket, WebSocketServer } from 'ws';

export interface Chaos {
  /** At least 0, below 1. */
  random: () => number;
  /** How likely each fault is, of a request or of a packet. */
  likelihood: number;
  longestDelayMs: number;
}

const CALM: Chaos = { random: () => 0.5, likelihood: 0, longestDelayMs: 0 };

/**
 * A network between clients and servers that delays, cuts, loses answers after the work was done, and
 * brings packets twice.
 */
export class ChaosProxy {
  private chaos = CALM;
  private readonly sockets = new Set<Socket>();
  private readonly wires = new Set<WebSocket>();
  private readonly upgrades = new WebSocketServer({ noServer: true });
  private readonly server = createServer((incoming, outgoing) => {
    this.pass(incoming, outgoing).catch(() => outgoing.destroy());
  });

  private constructor(private readonly targets: string[]) {
    this.server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket)).on('error', () => undefined);
    });
    this.server.on('upgrade', (incoming: IncomingMessage, socket: Socket, head: Buffer) => {
      this.upgrades.handleUpgrade(incoming, socket, head, (wire) => this.join(wire, incoming.url!));
    });
  }

  static async start(...targets: string[]): Promise<ChaosProxy> {
    const proxy = new ChaosProxy(targets);
    proxy.server.listen(0, '127.0.0.1');
    await once(proxy.server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  rage(chaos: Chaos): void {
    this.chaos = chaos;
  }

  calm(): void {
    this.chaos = CALM;
  }

  cutWires(): void {
    for (const wire of this.wires) wire.terminate();
  }

  async stop(): Promise<void> {
    this.cutWires();
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private happens(weight = 1): boolean {
    return this.chaos.random() < this.chaos.likelihood * weight;
  }

  private delay(): Promise<void> {
    const ms = Math.floor(this.chaos.random() * this.chaos.longestDelayMs);
    return ms > 0 ? sleep(ms) : Promise.resolve();
  }

  private target(): string {
    return this.targets[Math.floor(this.chaos.random() * this.targets.length)];
  }

  private async pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = await bodyOf(incoming);
    await this.delay();
    if (this.happens()) return void outgoing.destroy();
    if (this.happens()) void this.ask(incoming, body).catch(() => undefined);
    const { status, headers, text } = await this.ask(incoming, body);
    await this.delay();
    if (this.happens()) return void outgoing.destroy(); // done, and nobody is told
    outgoing.writeHead(status, headers).end(text);
  }

  private async ask(
    { method, url, headers }: IncomingMessage,
    body: Buffer,
  ): Promise<{ status: number; headers: OutgoingHttpHeaders; text: Buffer }> {
    const asked = request(this.target() + url, { method, headers, agent: false }).end(body);
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    return { status: answer.statusCode!, headers: answer.headers, text: await bodyOf(answer) };
  }

  /** Packets keep their order, as on any wire. */
  private join(client: WebSocket, path: string): void {
    const server = new WebSocket(this.target().replace('http', 'ws') + path);
    this.wires.add(client);
    client.on('close', () => (this.wires.delete(client), server.terminate()));
    server.on('close', () => client.terminate());
    server.on('error', () => client.terminate());
    client.on('error', () => server.terminate());
    this.forward(
      client,
      server,
      once(server, 'open').then(
        () => undefined,
        () => undefined,
      ),
    );
    this.forward(server, client, Promise.resolve());
  }

  private forward(from: WebSocket, to: WebSocket, start: Promise<void>): void {
    let last = start;
    from.on('message', (data: Buffer) => {
      const packet = data.toString();
      last = last.then(async () => {
        await this.delay();
        if (this.happens(0.2)) return to.terminate();
        const isEvent = packet.startsWith('42');
        for (let n = isEvent && this.happens() ? 2 : 1; n > 0; n--)
          if (to.readyState === WebSocket.OPEN) to.send(packet);
      });
    });
  }
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of message) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

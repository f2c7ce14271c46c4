import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Stands between a client and a server, and can let what is open go half open. */
export class BlackHole {
  private readonly pairs = new Set<[Socket, Socket]>();

  private constructor(private readonly server: Server) {}

  static async before(port: number): Promise<BlackHole> {
    const server = createServer();
    const hole = new BlackHole(server);
    server.on('connection', (client) => hole.join(client, connect(port, '127.0.0.1')));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return hole;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** What is open takes everything and brings nothing from now on; new connections work. */
  swallow(): void {
    for (const [client, server] of this.pairs) {
      client.unpipe(server);
      server.unpipe(client);
      client.resume();
      server.resume();
    }
  }

  /** What is open brings nothing for now; `release` brings it all. */
  hold(): void {
    for (const pair of this.pairs) pair.forEach((socket) => socket.pause());
  }

  release(): void {
    for (const pair of this.pairs) pair.forEach((socket) => socket.resume());
  }

  close(): void {
    this.server.close();
    for (const pair of this.pairs) pair.forEach((socket) => socket.destroy());
  }

  private join(client: Socket, server: Socket): void {
    const pair: [Socket, Socket] = [client, server];
    this.pairs.add(pair);
    client.pipe(server).pipe(client);
    for (const socket of pair) {
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.pairs.delete(pair);
        pair.forEach((each) => each.destroy());
      });
    }
  }
}

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '@redis/client';

export const hasRedisServer = spawnSync('redis-server', ['--version']).status === 0;

/** A Redis of the test's own, to stop and start. */
export class RedisProcess {
  private child: ChildProcess | undefined;

  private constructor(
    private readonly port: number,
    private readonly options: string[],
  ) {}

  /** @param options for its command line; the default user must be able to connect */
  static async start(...options: string[]): Promise<RedisProcess> {
    const redis = new RedisProcess(await freePort(), options);
    await redis.start();
    return redis;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const options = ['--port', String(this.port), '--bind', '127.0.0.1', '--save', ''];
    options.push(...this.options);
    this.child = spawn('redis-server', options, { stdio: 'ignore' });
    for (;;) {
      const client = createClient({ url: this.url, socket: { reconnectStrategy: false } });
      client.on('error', () => undefined);
      const isUp = await client.connect().then(
        () => true,
        () => false,
      );
      if (isUp) return client.destroy();
      await sleep(50);
    }
  }

  async stop(): Promise<void> {
    this.child?.kill('SIGKILL');
    if (this.child?.exitCode === null) await once(this.child, 'exit');
    this.child = undefined;
  }

  /** Leaves its connections open and answers nothing. */
  freeze(): void {
    this.child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.child?.kill('SIGCONT');
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

import 'reflect-metadata';
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApp } from './app.setup.js';
import { createLog } from './http/logger.js';
import { Secrets } from './config/secrets.js';
import { Settings } from './config/settings.js';
import { takeEnvironment } from './config/take-environment.js';
import { MasterKeyReload } from './encryption/master-key-reload.js';
import { isPageServed } from './page/page.js';

const SHUTDOWN_MS = 9000;
const UNUSED_MS = 1000;

async function main(): Promise<void> {
  process.umask(0o077); // what it writes is nobody else's to read
  const settings = new Settings(takeEnvironment());
  const log = createLog(settings.logLevel);
  const app = await createApp(settings, log);
  if (settings.isProduction) process.on('SIGHUP', () => void app.get(MasterKeyReload).run());
  await app.init();
  await app.listen({ host: settings.host, port: settings.port }).catch((error: Error) => {
    throw new Error(listenFault(settings, error), { cause: error });
  });
  const url = await app.getUrl();
  log.info({ event: 'server.started', url, database: databaseName(settings) });
  if (!settings.isProduction) greet(url, settings, app.get(Secrets));
  closeOnSignal(app, () => log.info({ event: 'server.stopped' }));
}

function listenFault({ host, port }: Settings, error: NodeJS.ErrnoException): string {
  return error.code === 'EADDRINUSE'
    ? `Port ${port} of ${host} is in use. Stop the other program, or set PORT to another one.`
    : `It cannot listen on port ${port} of ${host}: ${error.message}`;
}

function databaseName({ databaseUrl }: Settings): string {
  return databaseUrl ? 'PostgreSQL' : 'SQLite';
}

function greet(url: string, settings: Settings, secrets: Secrets): void {
  const lines = [
    'Conclave is running.',
    ...(isPageServed(settings) ? [`  Chat page   ${url}/app/`] : []),
    `  API         ${url}`,
    ...(settings.areDocsServed ? [`  Swagger UI  ${url}/docs`] : []),
    `  Data        ${settings.dataDir} (${databaseName(settings)})`,
    ...secrets.files.map((file) => `  Secret      ${file}`),
  ];
  if (secrets.files.length > 0) {
    lines.push('The secrets lie beside the data they protect: for development only. See README.');
  }
  console.log(lines.join('\n'));
}

/** Answers what was accepted, then ends; a request that hangs does not keep it from ending. */
function closeOnSignal(app: NestFastifyApplication, onClosed: () => void): void {
  const unused = unusedConnections(app.getHttpServer());
  const close = async (): Promise<void> => {
    setTimeout(() => process.exit(1), SHUTDOWN_MS).unref();
    setTimeout(() => unused.forEach((socket) => socket.destroy()), UNUSED_MS).unref();
    await app.close();
    onClosed();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void close());
}

/** Those on which nothing was asked, such as browsers open ahead: a server that closes awaits them. */
function unusedConnections(server: Server): Set<Socket> {
  const unused = new Set<Socket>();
  server.on('connection', (socket) => {
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
  });
  server.on('request', ({ socket }: IncomingMessage) => unused.delete(socket));
  return unused;
}

main().catch((error: unknown) => {
  console.error(`Conclave cannot start. ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
});

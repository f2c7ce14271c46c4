import { type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyReply } from 'fastify';

const SOCKET_IO = /^(https?:\/\/[^/?#]*)?\/socket\.io\/?(\?|$)/i;

interface Upgrade {
  socket: Socket;
  /** What came right behind the head of the request. */
  head: Buffer;
}

/** Of those that a route is to take over; each goes through all the hooks and guards before. */
const upgrades = new WeakMap<IncomingMessage, Upgrade>();

/** Whether a request asks for what is given: a WebSocket of Socket.IO. */
function isOurs({ method, headers, url }: IncomingMessage): boolean {
  return method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket' && SOCKET_IO.test(url!);
}

/** For the server of Node 22.21, 24.9 and later: it ignores other upgrades by itself. */
export const ONLY_OUR_UPGRADES = { shouldUpgradeCallback: isOurs };

/** Brings requests for a WebSocket to their route, and ignores other upgrades where Node does not. */
export function serveUpgrades(fastify: FastifyInstance): void {
  const server: Server = fastify.server;
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    socket.on('error', () => undefined); // Node has taken its own listener off
    afterAnswers(socket, () => {
      if (isOurs(request)) route(fastify, request, { socket, head });
      else serveWithoutUpgrade(server, request, { socket, head });
    });
  });
}

/**
 * Hands the connection of a request over to whom speaks the other protocol. For all who wait for the
 * end of its answer, such as the log, that was it.
 *
 * @param take answers a handshake that is unsound, and hangs up
 */
export function handOver(reply: FastifyReply, take: (upgrade: Upgrade) => void): void {
  const { raw: response, request } = reply;
  const upgrade = upgrades.get(request.raw)!;
  reply.hijack();
  response.detachSocket(upgrade.socket);
  take(upgrade);
  response.statusCode = upgrade.socket.writableEnded ? 400 : 101;
  response.emit('finish');
  response.emit('close');
}

export function isUpgrade(request: IncomingMessage): boolean {
  return upgrades.has(request);
}

/** A client that sends one request after the other may have some that are not answered yet. */
function afterAnswers(socket: Socket, work: () => void): void {
  const { _httpMessage: response } = socket as { _httpMessage?: ServerResponse | null };
  if (response) response.once('close', () => afterAnswers(socket, work));
  else if (!socket.destroyed) work();
}

function route(fastify: FastifyInstance, request: IncomingMessage, upgrade: Upgrade): void {
  const { socket } = upgrade;
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  response.once('finish', () => {
    if (response.socket) socket.destroySoon(); // answered, not handed over
  });
  upgrades.set(request, upgrade);
  fastify.routing(request, response);
}

/** Node reads the request once more, this time without the header. */
function serveWithoutUpgrade(
  server: Server,
  request: IncomingMessage,
  { socket, head }: Upgrade,
): void {
  const { method, url, httpVersion, rawHeaders } = request;
  let text = `${method} ${url} HTTP/${httpVersion}\r\n`;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i].toLowerCase() !== 'upgrade')
      text += `${rawHeaders[i]}: ${rawHeaders[i + 1]}\r\n`;
  }
  socket.setTimeout(0);
  socket.unshift(Buffer.concat([Buffer.from(`${text}\r\n`, 'latin1'), head]));
  server.emit('connection', socket);
}

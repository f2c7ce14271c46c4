import type { EventEmitter } from 'node:events';
import type { Socket } from 'socket.io';
import { FAREWELL_MS } from './connection.js';

const MAX_PACKETS_PER_SECOND = 20;
/** Of Socket.IO, upon which a client does not come back by itself. */
const DISCONNECT = '1';

interface WebSocket extends EventEmitter {
  pause(): void;
}

/**
 * Closes a connection that sends faster than any person does, be it events, acknowledgements, pongs,
 * frames that hold nothing, or what cannot be read: each costs the server about the same.
 */
export function closeWhenFlooding(connection: Socket['conn']): void {
  const { socket } = connection.transport as unknown as { socket: WebSocket };
  let [second, count] = [0, 0];
  const note = (): void => {
    const now = Math.floor(Date.now() / 1000);
    [second, count] = now === second ? [second, count + 1] : [now, 1];
    if (count === MAX_PACKETS_PER_SECOND + 1) close(connection, socket);
  };
  // Before Engine.IO hears of it, which then passes it on no more.
  for (const name of ['message', 'ping', 'pong']) socket.prependListener(name, note);
}

/** No more is read from then on, and the client has a moment to read why. */
function close(connection: Socket['conn'], socket: WebSocket): void {
  connection.write(DISCONNECT);
  connection.close();
  socket.pause();
  const { socket: tcp } = connection.request as { socket: EventEmitter & { destroy(): void } };
  setTimeout(() => tcp.destroy(), FAREWELL_MS).unref();
}

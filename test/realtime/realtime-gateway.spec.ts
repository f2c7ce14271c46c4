import { EventEmitter } from 'node:events';
import type { Server, Socket } from 'socket.io';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { AccessTokens } from '../../src/auth/access-tokens.js';
import type { TokenClaims } from '../../src/auth/token-rules.js';
import { newId } from '../../src/crypto/ids.js';
import type { RoomEvent } from '../../src/events/events.js';
import type { Connection } from '../../src/realtime/connection.js';
import type { Connections } from '../../src/realtime/connections.js';
import { EventStream } from '../../src/realtime/event-stream.js';
import { RealtimeGateway } from '../../src/realtime/realtime.gateway.js';
import type { Ready } from '../../src/realtime/ready.js';
import type { SocketCallers } from '../../src/realtime/socket-callers.js';
import { SocketConnection } from '../../src/realtime/socket-connection.js';
import type { Typing } from '../../src/realtime/typing.js';
import { Gate } from '../support/gate.js';

const CLAIMS = { sub: newId(), sid: newId() } as TokenClaims;

type Middleware = (socket: Socket, next: (error?: Error) => void) => void;

let open: Set<Connection>;
let gate: Gate;
let gateway: RealtimeGateway;
let admit: Middleware;
const tell = vi.fn();

beforeEach(() => {
  open = new Set();
  gate = new Gate();
  tell.mockReset();
  const connections = {
    open: async (connection: Connection, isAdmitted: () => Promise<unknown>) => {
      open.add(connection);
      await isAdmitted();
    },
    remove: (connection: Connection) => open.delete(connection),
    has: (connection: Connection) => open.has(connection),
    of: (userId: string) => [...open].filter(({ user }) => user.id === userId),
  };
  gateway = new RealtimeGateway(
    { identify: () => Promise.resolve(CLAIMS) } as unknown as SocketCallers,
    { admit: () => gate.pass() } as unknown as AccessTokens,
    connections as unknown as Connections,
    {} as Typing,
    { tell } as unknown as Ready,
  );
  const engine = Object.assign(new EventEmitter(), { ws: new EventEmitter() });
  gateway.afterInit({ engine, use: (each: Middleware) => (admit = each) } as unknown as Server);
});

function givenSocket() {
  const conn = Object.assign(new EventEmitter(), { readyState: 'open', close: vi.fn() });
  const disconnect = vi.fn();
  const request = { socket: { destroy: vi.fn() } };
  const handshake = { auth: { token: 'x' } };
  const socket = Object.assign(new EventEmitter(), { conn, disconnect, request, handshake });
  return { conn, disconnect, socket: socket as unknown as Socket };
}

it('lets a socket in whose token counts, and tells it that it listens', async () => {
  const { socket, disconnect } = givenSocket();
  const admitted = new Promise((resolve) => admit(socket, resolve));
  gate.open();
  expect(await admitted).toBeUndefined();
  gateway.handleConnection(socket);
  expect([open.size, tell.mock.calls.length]).toEqual([1, 1]);
  expect(disconnect).not.toHaveBeenCalled();
});

it('ends a socket whose session ended between the answer and the connection', async () => {
  const { socket, disconnect } = givenSocket();
  const admitted = new Promise((resolve) => admit(socket, resolve));
  gate.open();
  await admitted;
  open.clear();
  gateway.handleConnection(socket);
  expect(disconnect).toHaveBeenCalledWith(true);
  expect(tell).not.toHaveBeenCalled();
});

it('keeps nothing of a socket that closed while it was let in', async () => {
  const { socket, conn } = givenSocket();
  const admitted = new Promise((resolve) => admit(socket, resolve));
  await gate.reached;
  conn.readyState = 'closed';
  gate.open();
  await admitted;
  expect(open.size).toBe(0);
});

it('closes one that asks twice', async () => {
  const { socket, conn } = givenSocket();
  const admitted = new Promise((resolve) => admit(socket, resolve));
  const next = vi.fn();
  admit(socket, next);
  expect(conn.close).toHaveBeenCalled();
  gate.open();
  await admitted;
  expect(next).not.toHaveBeenCalled();
});

describe('an event', () => {
  const ROOM = newId();
  const EVENT = {
    type: 'room.event',
    name: 'typing',
    chatId: ROOM,
    payload: { type: 'typing' },
  } satisfies RoomEvent;
  /** To which of Socket.IO's rooms it was sent, and which were spared: to none is to everybody. */
  let sent: { to: unknown[]; except: unknown[] }[];

  beforeEach(() => {
    sent = [];
    const operator = (to: unknown[], except: unknown[]): object => ({
      except: (more: string[]) => operator(to, [...except, ...more]),
      emit: () => sent.push({ to, except }),
    });
    const to = (rooms: string | string[]): object => operator([rooms].flat(), []);
    Object.assign(gateway, { server: { to } });
    const user = { id: CLAIMS.sub, sessionId: CLAIMS.sid };
    open.add(new SocketConnection({ id: 'a socket' } as Socket, user));
    open.add(new EventStream(user));
  });

  it('goes to the room, but for the sockets of one who is spared', () => {
    gateway.emit(EVENT);
    gateway.emit({ ...EVENT, except: CLAIMS.sub });
    const to = [`chat:${ROOM}`];
    expect(sent).toEqual([
      { to, except: [] },
      { to, except: ['a socket'] },
    ]);
  });

  it('for one user goes to their sockets, and to nobody where they have none here', () => {
    gateway.emit({ ...EVENT, only: CLAIMS.sub });
    gateway.emit({ ...EVENT, only: newId() });
    expect(sent).toEqual([{ to: ['a socket'], except: [] }]);
  });
});

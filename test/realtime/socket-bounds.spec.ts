import { EventEmitter } from 'node:events';
import type { Socket } from 'socket.io';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { newId } from '../../src/crypto/ids.js';
import { closeWhenFlooding } from '../../src/realtime/packet-limit.js';
import { SocketConnection } from '../../src/realtime/socket-connection.js';

const SECOND = 1_700_000_000_000;

beforeEach(() => {
  vi.useFakeTimers({ now: SECOND });
});
afterEach(() => vi.useRealTimers());

/** What is below a socket: its WebSocket and its connection. */
function givenBelow() {
  const tcp = { destroy: vi.fn() };
  const webSocket = Object.assign(new EventEmitter(), { pause: vi.fn() });
  const conn = Object.assign(new EventEmitter(), {
    transport: { socket: webSocket },
    request: { socket: tcp },
    write: vi.fn(),
    close: vi.fn(),
  });
  return { tcp, webSocket, conn };
}

describe('a connection that sends', () => {
  it('may send twenty packets a second, whatever they are, and is ended at the next', () => {
    const { tcp, webSocket, conn } = givenBelow();
    closeWhenFlooding(conn as unknown as Socket['conn']);
    const send = (count: number): void => {
      for (let n = 0; n < count; n++) webSocket.emit(['message', 'ping', 'pong'][n % 3]);
    };
    for (let second = 0; second < 3; second++) {
      send(20);
      vi.advanceTimersByTime(1000);
    }
    expect(conn.close).not.toHaveBeenCalled();
    send(21);
    expect(conn.write).toHaveBeenCalledWith('1');
    expect([conn.close.mock.calls.length, webSocket.pause.mock.calls.length]).toEqual([1, 1]);
    expect(tcp.destroy).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1000); // a moment to read why
    expect(tcp.destroy).toHaveBeenCalled();
  });
});

describe('a client that does not read', () => {
  const mebibyte = 'x'.repeat(1024 ** 2);

  function givenSlow() {
    const { tcp, conn } = givenBelow();
    const socket = { id: 'x', conn, request: conn.request } as unknown as Socket;
    new SocketConnection(socket, { id: newId(), sessionId: newId() }).dropWhenSlow();
    const write = (data: string): unknown => conn.emit('packetCreate', { data });
    return { tcp, conn, write };
  }
  const passed = (): Promise<unknown> => vi.advanceTimersByTimeAsync(1);

  it('is dropped once more than four mebibytes wait for it', async () => {
    const { tcp, write } = givenSlow();
    for (let n = 0; n < 3; n++) write(mebibyte);
    await passed();
    expect(tcp.destroy).not.toHaveBeenCalled();
    write(mebibyte); // with what each costs beside its text
    await passed();
    expect(tcp.destroy).toHaveBeenCalled();
  });

  it('is dropped for many events without a text too', async () => {
    const { tcp, write } = givenSlow();
    for (let n = 0; n < 4195; n++) write('');
    await passed();
    expect(tcp.destroy).toHaveBeenCalled();
  });

  it('is not, where what was sent has left in between', async () => {
    const { tcp, conn, write } = givenSlow();
    for (let n = 0; n < 10; n++) {
      for (let m = 0; m < 3; m++) write(mebibyte);
      conn.emit('flush');
    }
    await passed();
    expect(tcp.destroy).not.toHaveBeenCalled();
  });
});

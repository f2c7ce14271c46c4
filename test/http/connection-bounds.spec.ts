import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { boundConnections } from '../../src/http/connection-bounds.js';
import { createLog } from '../../src/http/logger.js';
import { Refusals } from '../../src/http/refusals.js';
import { refuseUnreadable } from '../../src/http/unreadable-request.js';
import { RawConnection } from '../support/raw-connection.js';

const PATIENCE = { timeout: 10_000 };
const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';

let server: Server;
const refusals = new Refusals(createLog('silent'));

async function listen(most?: number): Promise<string> {
  const times = { headersTimeout: 300, requestTimeout: 5000, connectionsCheckingInterval: 50 };
  server = createServer(times, (request, response) => {
    if (request.url !== '/never') response.end('ok');
  });
  boundConnections(server, refusals, most);
  server.on('clientError', refuseUnreadable(createLog('silent')));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
afterEach(() => server.closeAllConnections());

describe('connections', () => {
  it('are as many as there may be; one more closes those that do nothing', async () => {
    const url = await listen(3);
    const [idle, busy] = [await RawConnection.open(url), await RawConnection.open(url)];
    idle.write(GET);
    busy.send('GET /never');
    await vi.waitFor(() => expect(idle.statuses).toEqual([200]), PATIENCE);
    const third = await RawConnection.open(url);
    third.send('GET /never');
    await sleep(100);
    const before = refusals.counts.connections;
    await (
      await RawConnection.open(url)
    ).closed;
    await idle.closed;
    expect(refusals.counts.connections).toBe(before + 1);
    const next = await RawConnection.open(url);
    next.write(GET);
    await vi.waitFor(() => expect(next.statuses).toEqual([200]), PATIENCE);
    expect([busy.isClosed, third.isClosed]).toEqual([false, false]);
  });

  it('are some thousands, and leave file descriptors to others', async () => {
    await listen();
    expect(server.maxConnections).toBeGreaterThan(100);
    expect(server.maxConnections).toBeLessThanOrEqual(10_000);
  });

  it('whose headers do not end are told so, and unused ones are closed in silence', async () => {
    const url = await listen();
    const [unended, unused] = [await RawConnection.open(url), await RawConnection.open(url)];
    unended.write('GET / HTTP/1.1\r\nHost: x\r\n');
    await Promise.all([unended.closed, unused.closed]);
    expect(unended.statuses).toEqual([408]);
    expect(unused.received).toBe('');
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DeadTicketError } from '../../src/auth/auth.errors.js';
import { Tickets } from '../../src/auth/tickets.js';
import type { Secrets } from '../../src/config/secrets.js';
import { newId } from '../../src/crypto/ids.js';
import type { Database } from '../../src/database/database.js';

const USER = { id: newId(), sessionId: newId() };
const FILE = newId();
const [SECRET, OLDER] = ['a'.repeat(32), 'b'.repeat(32)];
const HALF_PAST = Date.UTC(2026, 0, 1, 12, 30);
const END = Date.UTC(2026, 0, 1, 14);

/** Whether the session is there when it is asked for. */
let living: boolean;
beforeEach(() => {
  living = true;
  vi.useFakeTimers({ now: HALF_PAST, toFake: ['Date'] });
});
afterEach(() => vi.useRealTimers());

function ticketsBy(...jwtSecrets: string[]): Tickets {
  const rows = (_statement: unknown, [sessionId]: unknown[]): Promise<string[][]> =>
    Promise.resolve(living && sessionId === USER.sessionId ? [[USER.id]] : []);
  return new Tickets({ jwtSecrets } as unknown as Secrets, { rows } as unknown as Database);
}

const make = (tickets = ticketsBy(SECRET)): string => tickets.make(FILE, USER).ticket;
const admit = (ticket: unknown, file = FILE): Promise<unknown> =>
  ticketsBy(SECRET, OLDER).admit(file, ticket);

describe('a ticket', () => {
  it('lets in whose session it is of, until the end of the next full hour', async () => {
    const ticket = make();
    expect(await admit(ticket)).toEqual({ user: USER, expiresAt: new Date(END) });
    vi.setSystemTime(END - 1);
    expect(await admit(ticket)).toMatchObject({ user: USER });
    vi.setSystemTime(END);
    await expect(admit(ticket)).rejects.toThrow(DeadTicketError);
  });

  it('is the same for an hour', () => {
    const ticket = make();
    vi.setSystemTime(HALF_PAST + 20 * 60_000);
    expect(make()).toBe(ticket);
  });

  it('that was made under an older secret counts', async () => {
    expect(await admit(make(ticketsBy(OLDER)))).toMatchObject({ user: USER });
  });

  it('lets nobody in once the session has ended', async () => {
    const ticket = make();
    living = false;
    await expect(admit(ticket)).rejects.toThrow(DeadTicketError);
  });

  it.each<[string, () => unknown, string?]>([
    ['of another file', () => make(), newId()],
    ['under another secret', () => make(ticketsBy('c'.repeat(32)))],
    ['whose end was put off', () => putOff(make())],
    ['that is too short', () => make().slice(1)],
    ['that is too long', () => `${make()}A`],
    ['that is none', () => ['x']],
  ])('lets nobody in %s', async (_what, ticket, file) => {
    await expect(admit(ticket(), file)).rejects.toThrow(DeadTicketError);
  });
});

function putOff(ticket: string): string {
  const bytes = Buffer.from(ticket, 'base64url');
  bytes.writeUInt32BE(bytes.readUInt32BE(16) + 3600, 16);
  return bytes.toString('base64url');
}

import { type ClientStorage, ConclaveClient, memoryStorage, type Timers } from '@conclave/client';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { PASSWORD, TestApp, type TestUser } from '../support/test-app.js';

/** After these a token of 15 minutes is to be replaced. */
const LONG_MS = 14.5 * 60_000;

let app: TestApp;
let ada: TestUser;
const clients: ConclaveClient[] = [];
let laterMs = 0;
const timers: Timers = {
  now: () => Date.now() + laterMs,
  setTimeout: (work, ms) => setTimeout(work, ms),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
};
beforeAll(async () => {
  app = await TestApp.start();
  ada = await app.givenUser();
});
afterEach(() => Promise.all(clients.splice(0).map((client) => client.close())));
afterAll(() => app.stop());

function given(storage: ClientStorage): { client: ConclaveClient; ends: string[] } {
  const client = new ConclaveClient({ url: app.url, storage, timers });
  const ends: string[] = [];
  client.onSignedOut((reason) => ends.push(reason));
  clients.push(client);
  return { client, ends };
}

/** After a request, for which a token is needed. */
const stateOf = async (client: ConclaveClient): Promise<string> => {
  await client.calls.me().catch(() => undefined);
  return client.session.getSnapshot();
};

it('goes on with the tokens that another one has renewed', async () => {
  const storage = memoryStorage();
  const one = given(storage);
  await one.client.logIn(ada.email, PASSWORD);
  const other = given(storage);
  await vi.waitFor(() => expect(other.client.session.getSnapshot()).toBe('signed-in'), 5000);
  const before = storage.get('session');
  laterMs += LONG_MS;
  expect(await stateOf(other.client)).toBe('signed-in');
  const renewed = storage.get('session');
  expect(renewed).not.toBe(before);
  expect(await stateOf(one.client)).toBe('signed-in');
  expect(storage.get('session')).toBe(renewed);
  expect([one.ends, other.ends]).toEqual([[], []]);
});

it('is signed out once what was stored is gone, also if nothing tells', async () => {
  const storage = memoryStorage();
  const { client, ends } = given(storage);
  await client.logIn(ada.email, PASSWORD);
  await storage.delete('session');
  laterMs += LONG_MS;
  expect(await stateOf(client)).toBe('signed-out');
  expect(ends).toEqual(['logged-out']);
});

it('is who has logged in elsewhere, also if nothing tells', async () => {
  const storage = memoryStorage();
  const { client, ends } = given(storage);
  await client.logIn(ada.email, PASSWORD);
  const { id, email } = await app.givenUser();
  await given(storage).client.logIn(email, PASSWORD);
  laterMs += LONG_MS;
  expect(await stateOf(client)).toBe('signed-in');
  await vi.waitFor(() => expect(client.me.getSnapshot()?.id).toBe(id), 5000);
  expect(ends).toEqual(['logged-out']);
});

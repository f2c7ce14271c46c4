import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConclaveClient, memoryStorage, type Room } from '@conclave/client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Browser, hasChromium } from '../support/browser.js';
import { blocksOf, ClientReadme } from '../support/client-readme.js';
import { EXCHANGE_SECRET } from '../support/exchange-token.js';
import { Frontend } from '../support/frontend.js';
import { PASSWORD, TestApp } from '../support/test-app.js';

const PATIENCE = { timeout: 10_000 };

let app: TestApp;
let readme: ClientReadme;
let clients: ConclaveClient[] = [];
const servers: Server[] = [];
let people = 0;
const ask = globalThis.fetch;
const SENT = ['sent', 'sent'];
beforeAll(async () => {
  app = await TestApp.start({ EXCHANGE_SECRET });
  readme = ClientReadme.compile(app.url);
});
afterEach(async () => {
  vi.unstubAllGlobals();
  for (const server of servers.splice(0)) server.close();
  for (const client of clients) await client.close();
  clients = [];
});
afterAll(async () => {
  readme?.remove();
  await app?.stop();
});

function given(): ConclaveClient {
  const client = new ConclaveClient({ url: app.url, storage: memoryStorage() });
  clients.push(client);
  return client;
}

async function signedUp(name = `user${++people}`): Promise<ConclaveClient> {
  const client = given();
  await client.signUp({ email: `${name}@example.org`, password: PASSWORD, fname: name });
  await vi.waitFor(() => expect(client.status.getSnapshot()).toBe('online'), PATIENCE);
  return client;
}

describe.skipIf(!hasChromium)('five minutes, in a browser', () => {
  let browser: Browser;
  let frontend: Frontend;
  beforeAll(async () => {
    browser = await Browser.start();
  });
  afterEach(() => frontend?.stop());
  afterAll(() => browser?.stop());

  it('in TypeScript', async () => {
    const [html] = blocksOf('Five minutes in TypeScript', 'html');
    const room = await (await signedUp('ada')).createRoom('Engine room');
    frontend = await Frontend.start(readme.path('main.ts'), html.replace(/<script.*/, ''));
    const { page, complaints } = browser;
    await page.goto(frontend.url);
    room.send('Hello from elsewhere!');
    await page.getByText('ada: Hello from elsewhere!').waitFor();
    await page.locator('[name=text]').fill('Hello from here!');
    await page.getByText('Send').click();
    await expect
      .poll(() => page.locator('ul').innerText(), PATIENCE)
      .toBe('ada: Hello from elsewhere!\nada: Hello from here!');
    await page.reload();
    await page.getByText('ada: Hello from here!').waitFor();
    expect(complaints).toEqual([]);
  });

  it('in React', async () => {
    frontend = await Frontend.start(readme.path('app.tsx'));
    const { page, complaints } = browser;
    await page.goto(frontend.url);
    await page.getByPlaceholder('E-mail').fill('ada@example.org');
    await page.getByPlaceholder('Password').fill('wrong');
    await page.getByRole('button').click();
    await page.getByText(/password/i).waitFor();
    await page.getByPlaceholder('E-mail').fill('ada@example.org');
    await page.getByPlaceholder('Password').fill(PASSWORD);
    await page.getByRole('button').click();
    await page.getByText('Engine room').click();
    await page.locator('[name=text]').fill('Hello from React!');
    await page.getByText('Send').click();
    await page.getByText('ada: Hello from React!').waitFor();
    expect(complaints.splice(0)).toEqual([expect.stringContaining('401')]);
  });

  it('a list that scrolls, and stays where the reader is', async () => {
    const [author, reader] = [await app.givenUser(), await app.givenUser()];
    const room = await app.givenChat(author);
    const post = (n: number): Promise<unknown> =>
      author.client.post('/message/', { chatid: room, message: `number ${n}` });
    for (let n = 1; n <= 120; n++) await post(n);
    await reader.client.request('PUT', `/chat/${room}/members/me`, {});
    frontend = await Frontend.start(readme.path('scroll.tsx'));
    const { page, complaints } = browser;
    const words = new URLSearchParams({ room, email: reader.email, password: PASSWORD });
    await page.goto(`${frontend.url}/?${words.toString()}`);
    const unread = async (): Promise<number> =>
      (await reader.client.get(`/chat/${room}`)).body.unread_count;
    const count = (): Promise<number> => page.locator('li').count();
    const scroll = (top: number): Promise<unknown> =>
      page.evaluate(`document.querySelector('#root > div > div').scrollTop = ${top}`);
    const place = async (): Promise<number> => {
      const { y } = (await page.getByText('number 80').boundingBox())!;
      return Math.round(y);
    };
    await page.getByText('number 120').waitFor();
    await scroll(-600);
    const before = await place();
    await expect.poll(count, PATIENCE).toBe(100);
    expect(await place()).toBe(before);
    await post(121);
    await expect.poll(count, PATIENCE).toBe(101);
    expect(await place()).toBe(before);
    expect(await unread()).toBe(1);
    await scroll(0);
    await expect.poll(unread, PATIENCE).toBe(0);
    await scroll(-1600);
    await expect.poll(count, PATIENCE).toBe(121);
    expect(complaints).toEqual([]);
  });
});

describe('what is told of', () => {
  let ada: ConclaveClient;
  let room: Room;
  beforeEach(async () => {
    ada = await signedUp();
    room = await ada.createRoom('Ada’s room');
    await room.open();
    for (const text of ['Hello!', 'Is anybody there?']) room.send(text);
    await expect.poll(() => room.getSnapshot().messages.map(({ state }) => state)).toEqual(SENT);
  });
  const run = (heading: string): Promise<unknown[]> => readme.run(heading, { client: ada, room });
  const texts = (): unknown[] => room.getSnapshot().messages.map(({ message }) => message);

  it('Sessions', async () => {
    const client = given();
    const shown = await readme.run('Sessions', { client });
    expect(shown).toEqual(expect.arrayContaining(['signed-in', 'Grace', 'logged-out']));
    expect(client.session.getSnapshot()).toBe('signed-out');
    await client.logIn('grace@example.org', PASSWORD);
    expect(client.me.getSnapshot()).toMatchObject({ fname: 'Grace', lname: 'Hopper' });
  });

  it.each(['express', 'next'])('Log-in by your own backend, with %s', async (kind) => {
    vi.stubEnv('EXCHANGE_SECRET', EXCHANGE_SECRET);
    const backend = kind === 'next' ? await nextBackend() : await expressBackend();
    let cookie = 'who=nobody';
    vi.stubGlobal('fetch', (input: string | URL | Request, init?: RequestInit) =>
      input === '/conclave-token' ? backend({ ...init, headers: { cookie } }) : ask(input, init),
    ); // a page has its backend's origin and cookie
    const client = given();
    const signedIn = (): Promise<unknown> => readme.run('Log-in by your own backend', { client });
    await expect(signedIn()).rejects.toThrow('Nobody is logged in.');
    cookie = 'who=ada';
    await signedIn();
    expect(client.me.getSnapshot()?.fname).toBe('Ada');
  });

  it('Rooms', async () => {
    const other = await signedUp();
    const { id } = await other.createRoom('Engine works');
    const shown = await run('Rooms');
    const { id: direct } = await ada.openDirect((await ada.findByEmail('grace@example.org'))!.id);
    expect(shown.at(-1)).toBe(direct);
    const chats = ada.rooms.getSnapshot();
    expect(chats.map((chat) => chat.chat_name)).toContain('Boiler room');
    expect(chats.map((chat) => chat.id)).toContain(id);
  });

  it('Messages', async () => {
    const shown = await run('Messages');
    expect(shown).toContainEqual(expect.objectContaining({ hasOlder: false, hasNewer: false }));
    expect(room.getSnapshot().isOpen).toBe(false);
    await room.open();
    expect(texts()).toEqual([null, 'Is anybody there?']);
  });

  it('Sending', async () => {
    expect(await run('Sending')).toEqual(['pending']);
    await expect
      .poll(texts, PATIENCE)
      .toEqual(['Hello!', 'Is anybody there?', 'Hello!', 'Hello to you']);
  });

  it('Files', async () => {
    const shown = await run('Files');
    await expect.poll(() => room.getSnapshot().messages.at(-1)?.state, PATIENCE).toBe('sent');
    expect(room.getSnapshot().messages.at(-1)).toMatchObject({
      message: 'The minutes',
      attachments: [{ file_name: 'minutes.txt', size: 13 }],
    });
    await expect.poll(() => shown.at(-1), PATIENCE).toMatch(/^http.*ticket=/);
    expect(shown).toEqual(expect.arrayContaining(['0 of 13', '13 of 13', 'complete']));
    expect(await (await ask(String(shown.at(-1)))).text()).toBe('Dear all, …');
  });

  it('Search', async () => {
    room.send('Come to tea at four');
    const highlights = [
      [8, 3],
      [12, 7],
    ];
    await expect.poll(() => run('Search'), PATIENCE).toEqual([['Come to tea at four', highlights]]);
  });

  it('Unread', async () => {
    const other = await signedUp();
    await other.room(room.id).join();
    room.send('News');
    await expect.poll(() => other.unread.getSnapshot(), PATIENCE).toBe(1);
    await readme.run('Unread', { client: other, room: other.room(room.id) });
    expect(other.unread.getSnapshot()).toBe(0);
  });

  it('Members', async () => {
    const [members] = await run('Members');
    expect(members).toMatchObject([{ role: 'owner', user: { id: ada.me.getSnapshot()!.id } }]);
  });

  it('Typing', async () => {
    const other = await signedUp();
    await other.room(room.id).join();
    await readme.run('Typing', { client: other, room: other.room(room.id) });
    await expect.poll(() => room.getSnapshot().typing.length, PATIENCE).toBe(1);
  });

  it('Status', async () => {
    expect(await run('Status')).toContain('online');
    await expect.poll(() => ada.status.getSnapshot(), PATIENCE).toBe('online');
  });

  it('Problems', async () => {
    expect(await run('Problems')).toEqual([{ user_id: [expect.any(String)] }]);
  });

  it('Storage', async () => {
    const kept = new Map<string, string>();
    vi.stubGlobal('sessionStorage', { getItem: (key: string) => kept.get(key) ?? null });
    expect(await run('Storage')).toEqual(['restoring']);
  });

  it('The rest of the API', async () => {
    const [messages] = await run('The rest of the API');
    expect(messages).toMatchObject([{ message: 'Is anybody there?' }]);
  });

  it('nothing else', () => {
    expect([...readme.untried]).toEqual([]);
  });
});

/** What the recipes for backends answer to a page. */
type Backend = (init: RequestInit) => Promise<Response>;

async function nextBackend(): Promise<Backend> {
  const { POST } = (await readme.import('next')) as { POST: (it: Request) => Promise<Response> };
  return (init) => POST(new Request('http://localhost/conclave-token', init));
}

async function expressBackend(): Promise<Backend> {
  const express = (await readme.import('express')) as { app: { listen(port: number): Server } };
  servers.push(express.app.listen(0));
  await once(servers[0], 'listening');
  const { port } = servers[0].address() as AddressInfo;
  return (init) => ask(`http://127.0.0.1:${port}/conclave-token`, init);
}

import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Browser, hasChromium } from '../support/browser.js';
import { Client } from '../support/client.js';
import { Frontend } from '../support/frontend.js';
import { Tab } from '../support/tab.js';
import { PASSWORD, TestApp, type TestUser } from '../support/test-app.js';
import type { TestDatabase } from '../support/test-database.js';

const ONLINE = 'signed-in online';
const PATIENCE = { timeout: 60_000 };

describe.skipIf(!hasChromium)('the client in a browser', () => {
  let frontend: Frontend;
  let app: TestApp;
  let port: string;
  let browser: Browser;
  let user: TestUser;
  let chatId: string;
  let tabs: Tab[];
  let refreshes: number;

  beforeAll(async () => {
    frontend = await Frontend.start(resolve('packages/client/test/plain-page.ts'));
  });
  afterAll(() => frontend?.stop());
  async function begin(settings = {}): Promise<void> {
    app = await TestApp.start(settings);
    ({ port } = new URL(app.url));
    ({ user, chatId } = await app.givenMember());
    browser = await Browser.start();
    refreshes = 0;
    browser.context.on('request', (request) => {
      if (request.method() === 'POST' && request.url().endsWith('/userauth/refresh')) refreshes++;
    });
    tabs = [];
    await givenTab();
    await tabs[0].do(({ client }, { email, password }) => client.logIn(email, password), {
      email: user.email,
      password: PASSWORD,
    });
    await givenTab();
    for (const tab of tabs) {
      await expect.poll(() => tab.state, PATIENCE).toBe(ONLINE);
      await tab.do(({ client }, id) => client.room(id).open(), chatId);
    }
  }
  afterEach(async () => {
    await browser?.stop();
    await app?.stop();
  });

  async function givenTab(): Promise<Tab> {
    const tab = new Tab(tabs.length === 0 ? browser.page : await browser.newPage());
    await tab.page.goto(`${frontend.url}/?api=${app.url}`);
    tabs.push(tab);
    return tab;
  }

  async function givenTabAsleep(): Promise<{ asleep: Tab; wake: () => Promise<unknown> }> {
    const asleep = await givenTab();
    await expect.poll(() => asleep.state, PATIENCE).toBe(ONLINE);
    const session = await browser.context.newCDPSession(asleep.page);
    await session.send('Page.setWebLifecycleState', { state: 'frozen' });
    return {
      asleep,
      wake: () => session.send('Page.setWebLifecycleState', { state: 'active' }),
    };
  }

  async function stopServer(): Promise<void> {
    const { nest } = app;
    const timer = setInterval(() => nest.getHttpServer().closeAllConnections(), 50);
    await app.close();
    clearInterval(timer);
  }

  const startServer = async (database: TestDatabase): Promise<void> => {
    app = await TestApp.start({ PORT: port }, database);
  };

  const send = (tab: Tab, text: string): Promise<string> =>
    tab.do(({ client }, [id, text]) => client.room(id).send(text), [chatId, text] as const);

  const post = (message: string): Promise<unknown> =>
    user.client.post('/message/', { chatid: chatId, message });

  async function stored(): Promise<string[]> {
    const { body } = await user.client.get(`/message/?chat_id=${chatId}`);
    return body.data.map(({ message }: { message: string }) => message);
  }

  const untilAllShow = async (...texts: string[]): Promise<void> => {
    for (const tab of tabs) await expect.poll(() => tab.texts(chatId), PATIENCE).toEqual(texts);
  };

  it('renews tokens once for all tabs, and for one that slept meanwhile', async () => {
    await begin({ ACCESS_TOKEN_TTL: '10s', REFRESH_LEEWAY: '1s' });
    const { asleep, wake } = await givenTabAsleep();
    const ask = (some: Tab[]): Promise<string[]> =>
      Promise.all(some.map((tab) => tab.do(async ({ client }) => (await client.calls.me()).id)));
    const awake = tabs.filter((tab) => tab !== asleep);
    refreshes = 0;
    for (let round = 0; round < 2; round++) {
      await sleep(8500); // of ten that a token lives the last two are spared
      expect(await ask(awake)).toEqual([user.id, user.id]);
    }
    await wake();
    await sleep(1500); // the leeway: whoever has an older token now is a thief
    expect(await ask(tabs)).toEqual([user.id, user.id, user.id]);
    // One in eight seconds, whenever the first one fell; by each tab there would be four.
    expect(refreshes).toBeGreaterThan(1);
    expect(refreshes).toBeLessThan(4);
    for (const tab of tabs) expect(await tab.ends).toEqual([]);
  });

  it('catches up after the network was away, and sends once what was written meanwhile', async () => {
    await begin();
    await browser.context.setOffline(true);
    await expect.poll(() => tabs[0].state, PATIENCE).toBe('signed-in offline');
    await post('while you were away');
    await send(tabs[0], 'written offline');
    expect(await tabs[0].texts(chatId)).toEqual(['written offline?']);
    await browser.context.setOffline(false);
    await untilAllShow('while you were away', 'written offline');
    await tabs[1].do(({ client }) => client.cut());
    await post('while you were cut off');
    await untilAllShow('while you were away', 'written offline', 'while you were cut off');
    for (const tab of tabs) await expect.poll(() => tab.state, PATIENCE).toBe(ONLINE);
    expect(await stored()).toHaveLength(3);
  });

  it('sends once what was written while the server was away, over a reload too', async () => {
    await begin();
    await post('before');
    await untilAllShow('before');
    await stopServer();
    await send(tabs[0], 'one');
    await send(tabs[0], 'two');
    await tabs[0].page.reload();
    await tabs[0].do(({ client }, id) => void client.room(id).open(), chatId);
    await startServer(app.database);
    await untilAllShow('before', 'one', 'two');
    user = { ...user, client: new Client(app.url, user.accessToken) };
    expect(await stored()).toEqual(['before', 'one', 'two']);
    expect(await tabs[0].do(({ client }) => client.me.getSnapshot()?.id)).toBe(user.id);
  });

  it('shows what the server says once it was restored', async () => {
    await begin();
    await post('one');
    await untilAllShow('one');
    await stopServer();
    const backup = await app.database.copy();
    await startServer(app.database);
    user = { ...user, client: new Client(app.url, user.accessToken) };
    await post('what was lost');
    await untilAllShow('one', 'what was lost');
    await stopServer();
    await app.database.drop();

    const restored = await TestApp.start({}, backup);
    await restored.sql('DELETE FROM installation');
    await new Client(restored.url, user.accessToken).post('/message/', {
      chatid: chatId,
      message: 'what happened instead',
    });
    await restored.close();
    await startServer(backup);
    await untilAllShow('one', 'what happened instead');
    for (const tab of tabs) await expect.poll(() => tab.state, PATIENCE).toBe(ONLINE);
  });

  it('signs all tabs out where one logs out', async () => {
    await begin();
    const { wake } = await givenTabAsleep();
    await tabs[0].do(({ client }) => client.logOut());
    await wake();
    for (const tab of tabs) {
      await expect.poll(() => tab.state, PATIENCE).toMatch('signed-out');
      expect(await tab.ends).toEqual(['logged-out']);
    }
    expect(await tabs[0].page.evaluate('Object.keys(localStorage)')).toEqual([]);
  });

  it('signs all tabs out, once, where the session is ended elsewhere', async () => {
    await begin();
    await user.client.request('DELETE', '/userauth/sessions');
    for (const tab of tabs) {
      await expect.poll(() => tab.state, PATIENCE).toMatch('signed-out');
      expect(await tab.ends).toEqual(['ended']);
    }
    await sleep(1000);
    for (const tab of tabs) expect(await tab.ends).toEqual(['ended']);
  });
});

import { resolve } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { type ComponentType, createElement } from 'react';
import { renderToString } from 'react-dom/server';
import { ConclaveClient } from '@conclave/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PIXEL } from '../support/attachments.js';
import { Browser, hasChromium } from '../support/browser.js';
import { Frontend } from '../support/frontend.js';
import { TestApp, type TestUser } from '../support/test-app.js';

const HOME = resolve('packages/client/test');
const MESSAGES = 120;

/** The page's components, which are compiled with the client, for browsers. */
const { App } = (await import(`${HOME}/react-app.tsx`)) as {
  App: ComponentType<{ client: ConclaveClient }>;
};
const rendered = (): string => renderToString(createElement(App, { client: new ConclaveClient() }));

it('renders on a server, where nobody is signed in', () => {
  expect(rendered()).toBe('<p>…</p>');
});

describe.skipIf(!hasChromium)('hooks for React, in a browser', () => {
  let app: TestApp;
  let frontend: Frontend;
  let browser: Browser;
  let chatId: string;
  const people: Record<string, TestUser> = {};
  const pages: Record<string, Page> = {};

  beforeAll(async () => {
    app = await TestApp.start();
    for (const fname of ['Ada', 'Grace']) people[fname] = await app.givenUser({ fname });
    const { client } = people.Ada;
    chatId = await app.givenChat(people.Ada, { chat_name: 'Engine room' });
    for (let n = 1; n <= MESSAGES; n++)
      await client.post('/message/', { chatid: chatId, message: `message ${n}` });
    await people.Grace.client.request('PUT', `/chat/${chatId}/members/me`, {});
    frontend = await Frontend.start(`${HOME}/react-page.tsx`, rendered());
    browser = await Browser.start();
    pages.Ada = browser.page;
    pages.Grace = await browser.newPage();
    const { port } = new URL(frontend.url);
    for (const [name, host] of [
      ['Ada', '127.0.0.1'],
      ['Grace', 'localhost'], // another origin: a storage of its own
    ]) {
      const page = pages[name];
      await page.goto(`http://${host}:${port}/?api=${app.url}`);
      await page.locator('[name=email]').fill(people[name].email);
      await page.getByText('Log in').click();
      await page.getByText(`${name} is online, 0 unread`).waitFor();
    }
  });
  afterAll(async () => {
    await browser?.stop();
    frontend?.stop();
    await app?.stop();
  });

  const isOpen = (page: Page): Promise<boolean> =>
    page.evaluate(
      (id) =>
        (globalThis as unknown as { client: ConclaveClient }).client.room(id).getSnapshot().isOpen,
      chatId,
    );
  const press = (page: Page, name: string): Promise<void> =>
    page.getByRole('button', { name }).click();

  it('show a room to both, from its end to its beginning', async () => {
    for (const page of Object.values(pages)) await press(page, 'Engine room');
    const items = pages.Grace.locator('li');
    for (const count of [50, 100, MESSAGES]) {
      await expect.poll(() => items.count()).toBe(count);
      if (count < MESSAGES) await press(pages.Grace, 'Older');
    }
    expect(await items.first().innerText()).toBe('message 1');
    expect(await pages.Grace.getByText('Older').isDisabled()).toBe(true);
  });

  it('show who types, what they send, and how much is unread', async () => {
    const { Ada, Grace } = pages;
    await Ada.locator('[name=text]').pressSequentially('Hello!');
    await Grace.getByText('Ada types').waitFor();
    await Grace.locator('[name=text]').pressSequentially('Oh');
    await Ada.getByText('Grace types').waitFor(); // who has not written anything yet
    await press(Ada, 'Send');
    await Ada.locator('li.sent').getByText('Hello!').waitFor();
    await Grace.locator('li.sent').getByText('Hello!').waitFor();
    await Grace.getByText('Grace is online, 1 unread').waitFor();
    await Grace.getByText('Engine room: 1').waitFor();
    await press(Grace, 'Read');
    await Grace.getByText('Grace is online, 0 unread').waitFor();
  });

  it('show how far a file is, and where it is then', async () => {
    const { Ada, Grace } = pages;
    const file = { name: 'dot.png', mimeType: 'image/png', buffer: PIXEL };
    await Ada.locator('[type=file]').setInputFiles(file);
    await Ada.getByText(`complete: ${PIXEL.length} of ${PIXEL.length}`).waitFor();
    await press(Ada, 'Send');
    for (const page of [Ada, Grace])
      await expect.poll(() => widthOf(page.getByAltText('dot.png'))).toBe(1);
  });

  it('keep a room open until the last component that shows it is gone', async () => {
    const { Grace } = pages;
    const shown = await Grace.locator('li').count();
    await press(Grace, 'Aside');
    await Grace.getByText(`Engine room shows ${shown}`).waitFor();
    await press(Grace, 'Aside');
    await Grace.locator('aside').waitFor({ state: 'detached' });
    expect(await Grace.locator('li').count()).toBe(shown);
    expect(await isOpen(Grace)).toBe(true);
    await press(Grace, 'Close');
    await expect.poll(() => isOpen(Grace)).toBe(false);
    await press(Grace, 'Engine room');
    await expect.poll(() => Grace.locator('li').count()).toBe(50);
  });

  it('open a room anew where another place is wanted, and say why it cannot be', async () => {
    const { Ada } = pages;
    await press(Ada, 'First');
    await expect.poll(() => Ada.locator('li').first().innerText()).toBe('message 1');
    expect(browser.complaints).toEqual([]);
    await press(Ada, 'Nowhere');
    await Ada.getByText('no such message').waitFor();
    expect(browser.complaints).toEqual([expect.stringContaining('404')]);
  });

  it('open a room anew for whoever logs in next', async () => {
    const { Grace } = pages;
    await press(Grace, 'Aside');
    await Grace.getByText('Engine room shows 50').waitFor();
    await press(Grace, 'Log out');
    await Grace.getByText('shows 0').waitFor();
    await Grace.locator('[name=email]').fill(people.Grace.email);
    await press(Grace, 'Log in');
    await Grace.getByText('Engine room shows 50').waitFor();
  });

  it('take up a session over a reload, and end with it', async () => {
    const { Ada } = pages;
    await Ada.reload();
    await Ada.getByText('Ada is online').waitFor();
    await press(Ada, 'Log out');
    await Ada.getByText('Log in').waitFor();
    expect(browser.complaints).toEqual([expect.stringContaining('404')]);
  });
});

const widthOf = (picture: Locator): Promise<number> =>
  picture.evaluate((it) => (it as unknown as { naturalWidth: number }).naturalWidth);

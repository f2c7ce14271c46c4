import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Locator } from 'playwright-core';
import { hasChromium } from '../support/browser.js';
import type { ChatPage } from '../support/chat-page.js';
import type { Client } from '../support/client.js';
import { PageStage } from '../support/page-stage.js';

/** More than a room opens with. */
const BETWEEN = 60;

describe.skipIf(!hasChromium)('a search in the page', () => {
  let stage: PageStage;
  let ada: Client;
  let bob: ChatPage;
  let hits: Locator;
  let field: Locator;
  beforeAll(async () => {
    stage = await PageStage.start();
    ada = await stage.givenCaller('Ada');
    await fill('Long room', ['The harbour at dawn', ...between()]);
    await fill('Short room', ['No harbour is like this']);
    bob = await stage.open();
    await bob.signUp('Bob');
    for (const name of ['Short room', 'Long room']) await bob.joinRoom(name);
    hits = bob.page.getByRole('list', { name: 'Messages found' }).getByRole('listitem');
    field = bob.field('Words of the message');
  });
  afterAll(() => stage?.stop());

  async function fill(chat_name: string, messages: string[]): Promise<void> {
    const { body: chat } = await ada.post('/chat/', { chat_name });
    for (const message of messages) await ada.post('/message/', { chatid: chat.id, message });
  }

  function between(): string[] {
    return Array.from({ length: BETWEEN }, (_, n) => `Between ${n}\n\n\n\n\n`);
  }

  it('finds as one types, and marks the words', async () => {
    await bob.sees('Between 59');
    await bob.button('Search this room').click();
    await field.fill('HARB');
    await expect.poll(() => hits.count()).toBe(1);
    expect(await hits.locator('mark').allTextContents()).toEqual(['harb']);
    expect(await hits.textContent()).toContain('Ada');
    await field.fill('harbour moon');
    await bob.page.getByText('No message holds these words.').waitFor();
    await field.fill('…');
    await bob.page
      .getByText(/must hold|must have|letter/i)
      .first()
      .waitFor();
  });

  it('leads to the message in its place, twice too', async () => {
    for (let n = 0; n < 2; n++) {
      if (n > 0) await bob.button('Search this room').click();
      await field.fill('dawn');
      await hits.first().click();
      await bob.message('The harbour at dawn').waitFor();
      await expect
        .poll(() => bob.page.evaluate('document.activeElement.textContent'))
        .toContain('The harbour at dawn');
      await bob.button(/^Newest/).click();
      await bob.message('Between 59').waitFor();
    }
  });

  it('goes through all rooms, and into another one', async () => {
    await bob.button('Search messages').click();
    await field.fill('harbour');
    await expect.poll(() => hits.count()).toBe(2);
    expect(await hits.nth(1).textContent()).toContain('in Long room');
    await hits.first().click();
    await bob.page.getByRole('heading', { name: 'Short room' }).waitFor();
    await bob.sees('No harbour is like this');
    expect(bob.complaints).toEqual([]);
  });
});

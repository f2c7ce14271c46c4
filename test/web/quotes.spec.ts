import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Locator } from 'playwright-core';
import { hasChromium } from '../support/browser.js';
import type { ChatPage } from '../support/chat-page.js';
import type { Client } from '../support/client.js';
import { PageStage } from '../support/page-stage.js';

/** More than a room opens with. */
const BETWEEN = 60;

describe.skipIf(!hasChromium)('a quote of a message that is far away', () => {
  let stage: PageStage;
  let ada: Client;
  let bob: ChatPage;
  let first: string;
  let quote: Locator;
  beforeAll(async () => {
    stage = await PageStage.start();
    ada = await stage.givenCaller('Ada');
    const { body: chat } = await ada.post('/chat/', { chat_name: 'Long room' });
    const send = async (message: string, reply_to?: string): Promise<string> =>
      (await ada.post('/message/', { chatid: chat.id, message, reply_to })).body.id;
    first = await send('As it was');
    for (let i = 0; i < BETWEEN; i++) await send(`Between ${i}\n\n\n\n\n`);
    await send('An answer', first);
    bob = await stage.open();
    await bob.signUp('Bob');
    await bob.joinRoom('Long room');
    await bob.sees('An answer');
    quote = bob.message('An answer').locator('.quote');
  });
  afterAll(() => stage?.stop());

  const text = (): Promise<string | null> => quote.textContent();

  it('shows it, and shows it as it is changed', async () => {
    expect(await bob.message('As it was').count()).toBe(1); // the answer alone
    await expect.poll(text).toBe('In reply to Ada As it was');
    await ada.patch(`/message/${first}`, { message: 'As it is' });
    await expect.poll(text).toBe('In reply to Ada As it is');
  });

  it('leads to it', async () => {
    await quote.click();
    await bob.message('As it is').first().waitFor();
    await expect
      .poll(() => bob.page.evaluate('document.activeElement.textContent'))
      .toContain('As it is');
    await bob.button(/^Newest/).click();
    await quote.waitFor();
  });

  it('says so once it is deleted', async () => {
    await ada.request('DELETE', `/message/${first}`);
    await expect.poll(text).toBe('In reply to Ada Deleted');
    expect(bob.complaints).toEqual([]);
  });
});

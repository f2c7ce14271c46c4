import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium } from '../support/browser.js';
import { type ChatPage, PASSWORD } from '../support/chat-page.js';
import { PageStage } from '../support/page-stage.js';

const MOST_STEPS = 40;

describe.skipIf(!hasChromium)('the keyboard alone', () => {
  let stage: PageStage;
  let ada: ChatPage;
  beforeAll(async () => {
    stage = await PageStage.start();
    ada = await stage.open();
  });
  afterAll(() => stage?.stop());

  const press = (key: string): Promise<void> => ada.page.keyboard.press(key);
  const type = (text: string): Promise<void> => ada.page.keyboard.type(text);
  const focused = (): Promise<string> =>
    ada.page.evaluate(
      `(({ activeElement: it }) => it.getAttribute('aria-label') ?? it.labels?.[0]?.textContent ?? it.textContent)(document)`,
    );

  /** Presses Tab until the focus is there. */
  async function tabTo(name: string): Promise<void> {
    for (let i = 0; i < MOST_STEPS; i++) {
      if ((await focused()) === name) return;
      await press('Tab');
    }
    throw new Error(`Tab does not lead to ${name}`);
  }

  it('leads from sign-up to an edited message', async () => {
    await ada.button('Make an account').waitFor();
    await tabTo('Make an account');
    await press('Enter');
    await tabTo('E-mail');
    await type('ada@example.org');
    await press('Tab');
    await type(PASSWORD);
    await press('Tab');
    await type('Ada');
    await press('Enter');
    await ada.button('New room').waitFor();
    await tabTo('New room');
    await press('Enter');
    await tabTo('Name');
    await type('Engine room');
    await press('Enter');
    await ada.composer.waitFor();
    await expect.poll(focused).toBe('Message to Engine room'); // whoever opens a room may write at once
    await type('One');
    await press('Enter');
    await type('Two');
    await press('Enter');
    await ada.isSent('Two');
    await press('ArrowUp');
    await type(' and a half');
    await press('Enter');
    await ada.sees('Two and a half');
    await expect.poll(focused).toContain('Two and a half'); // the focus stays with the message
    await press('ArrowUp');
    expect(await focused()).toContain('One');
    await tabTo('Edit');
    await press('Enter');
    await type('!');
    await press('Enter');
    await ada.sees('One!');
    await tabTo('Members and settings');
    await press('Enter');
    await ada.page.getByRole('dialog').waitFor();
    await press('Escape');
    await expect.poll(focused).toBe('Members and settings');
    await press('Enter');
    await ada.page.getByRole('dialog').waitFor();
    await tabTo('Close');
    await press('Enter');
    await expect.poll(focused).toBe('Members and settings');
    expect(ada.complaints).toEqual([]);
  });
});

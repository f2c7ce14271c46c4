import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium } from '../support/browser.js';
import type { ChatPage } from '../support/chat-page.js';
import { PageStage } from '../support/page-stage.js';

const MARKUP = '<img src=x onerror=alert(1)><script>alert(2)</script>';
const LINK = 'javascript:alert(3)';

describe.skipIf(!hasChromium)('markup and addresses of scripts', () => {
  let stage: PageStage;
  let ada: ChatPage;
  beforeAll(async () => {
    stage = await PageStage.start();
    ada = await stage.open();
  });
  afterAll(() => stage?.stop());

  it('are text wherever others see them', async () => {
    const client = await stage.givenCaller(MARKUP, {
      email: 'mallory@example.org',
      lname: LINK,
      profile: `${LINK} ${MARKUP}`,
    });
    const { body: chat } = await client.post('/chat/', { chat_name: `Trap ${MARKUP} ${LINK}` });
    const send = (
      message: string,
      reply_to: string | null = null,
    ): Promise<{ body: { id: string } }> =>
      client.post('/message/', { chatid: chat.id, message, reply_to });
    const { body: first } = await send(`${MARKUP} ${LINK}`);
    await send(
      `https://example.org/"><svg onload=alert(4)> and data:text/html,<script>alert(5)</script>`,
    );
    await send('An answer', first.id);

    await ada.signUp('Ada');
    await ada.page.getByRole('link', { name: 'Find rooms' }).click();
    await ada.page.getByText(`Trap ${MARKUP}`).waitFor();
    await ada.button(/^Join Trap/).click();
    await ada.sees(MARKUP);
    await ada.page.getByRole('heading', { name: MARKUP }).waitFor();
    await ada.page.locator('button.quote', { hasText: MARKUP }).waitFor();
    await ada.page.locator('.room-row', { hasText: MARKUP }).waitFor();
    await ada.button('Members and settings').click();
    await ada.page.locator('.member-about', { hasText: LINK }).waitFor();
    await ada.button('Close').click();
    const hrefs = await ada.page.evaluate(
      `[...document.querySelectorAll('.messages a')].map((it) => [it.getAttribute('href'), it.rel])`,
    );
    expect(hrefs).toEqual([['https://example.org/', 'noopener noreferrer nofollow']]);
    expect(await ada.page.locator('#root script, #root iframe, #root [onerror]').count()).toBe(0);
    expect(ada.complaints).toEqual([]);
  });

  it('run nowhere even where they become markup: the policy holds', async () => {
    const result = await ada.page.evaluate(`(() => {
      try { document.body.innerHTML = '<img src=x onerror=alert(1)>'; return 'taken'; }
      catch (error) { return error.name; }
    })()`);
    expect(result).toBe('TypeError'); // Trusted Types
    expect(ada.complaints.filter((each) => each.startsWith('dialog'))).toEqual([]);
  });
});

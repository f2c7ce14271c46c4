import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium } from '../support/browser.js';
import { type ChatPage, PASSWORD } from '../support/chat-page.js';
import { PageStage } from '../support/page-stage.js';

describe.skipIf(!hasChromium)('whoever logs in after somebody else', () => {
  let stage: PageStage;
  let page: ChatPage;
  beforeAll(async () => {
    stage = await PageStage.start();
    page = await stage.open();
  });
  afterAll(() => stage?.stop());

  it('finds nothing of what was begun, read or looked at before', async () => {
    const bob = await stage.givenCaller('Bob');
    await page.signUp('Ada');
    await page.makeRoom('Engine room');
    const chatid = new URL(page.page.url()).hash.split('/').at(-1);
    await bob.post('/message/', { chatid, message: 'Between us' });
    await page.sees('Between us');
    await page.composer.fill('What nobody else is to see');
    await page.page.getByRole('link', { name: 'Your account' }).click();
    await page.button('Log out').click();
    expect(new URL(page.page.url()).hash).toBe('#/');
    expect(await page.page.locator('body').textContent()).not.toContain('Between us');
    await page.field('E-mail').fill('bob@example.org');
    await page.field('Password').fill(PASSWORD);
    await page.button('Log in').click();
    await page.page.getByRole('link', { name: /Engine room/ }).click();
    await page.sees('Between us');
    expect(await page.composer.inputValue()).toBe('');
    expect(page.complaints).toEqual([]);
  });

  it('has their own drafts for as long as they stay', async () => {
    await page.composer.fill('Half a thou');
    await page.page.getByRole('link', { name: 'Your account' }).click();
    await page.page.getByRole('link', { name: /Engine room/ }).click();
    await expect.poll(() => page.composer.inputValue()).toBe('Half a thou');
  });
});

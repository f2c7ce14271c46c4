import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium } from '../support/browser.js';
import type { ChatPage } from '../support/chat-page.js';
import { PageStage } from '../support/page-stage.js';

/** The server takes 16,384 characters. */
const TOO_LONG = 'too long '.repeat(2000);

describe.skipIf(!hasChromium)('what does not go through', () => {
  let stage: PageStage;
  let ada: ChatPage;
  beforeAll(async () => {
    stage = await PageStage.start();
    ada = await stage.open();
    await ada.signUp('Ada');
    await ada.makeRoom('Engine room');
    await ada.say('Still here');
    await ada.isSent('Still here');
  });
  afterAll(() => stage?.stop());

  const told = (words: string): Promise<void> => ada.message(words).getByText(words).waitFor();
  const isAnnounced = (words: string): Promise<void> =>
    ada.page
      .locator('.for-readers[role=status]', { hasText: words })
      .waitFor({ state: 'attached' });
  const turn = (): Promise<void> => ada.page.getByRole('switch').click();

  it('is told beside the message that was to be deleted, and can be tried again', async () => {
    await turn();
    await ada.act('Still here', 'Delete');
    await ada.button('Delete').click();
    await told('Not deleted. The server cannot be reached.');
    await isAnnounced('Not deleted.');
    expect(await ada.message('Still here').count()).toBe(1);
    await ada.button('Dismiss').click();
    await expect.poll(() => ada.page.getByText('Not deleted.').count()).toBe(1); // for readers alone
    await turn();
  });

  it('is told of a reaction, and of one that was to be taken back', async () => {
    await turn();
    await ada.act('Still here', 'React');
    await ada.button('React with 👍').click();
    await told('👍 not added. The server cannot be reached.');
    await isAnnounced('👍 not added.');
    await turn();
    await ada.page.getByText('Online').waitFor();
    await ada.button('Try again').click();
    await expect.poll(() => ada.button('Try again').count()).toBe(0);
    await turn();
    await ada.button('👍, 1').click();
    await told('👍 not taken back. The server cannot be reached.');
    await ada.button('👍, 1').waitFor();
    await turn();
    await ada.page.getByText('Online').waitFor();
    await ada.button('Try again').click();
    await expect.poll(() => ada.button('👍, 1').count()).toBe(0);
  });

  it('is told of what is no emoji, whose field stays', async () => {
    await ada.act('Still here', 'React');
    await ada.field('Another emoji').fill('ship');
    await ada.field('Another emoji').press('Enter');
    await told('ship not added. Emoji must be one single emoji');
    expect(await ada.field('Another emoji').getAttribute('aria-invalid')).toBe('true');
    await ada.field('Another emoji').fill('🚢');
    await ada.button('React with it').click();
    await ada.button('🚢, 1').waitFor();
    expect(await ada.field('Another emoji').count()).toBe(0);
  });

  it('is told of an edit, which stays', async () => {
    await ada.act('Still here', 'Edit');
    await ada.field('Edit the message').fill(' ');
    await ada.button('Save').click();
    await ada.page.locator('.edit').getByText('Message must').waitFor();
    await ada.button('Cancel').click();
    await ada.sees('Still here');
  });

  it('is told of one’s own e-mail, in its field', async () => {
    await ada.button('New room').click();
    await ada.field('Their e-mail').fill('ada@example.org');
    await ada.button('Open').click();
    await ada.page.getByText('This is your own e-mail').waitFor();
    await ada.button('Close').click();
  });

  it('is told of a list that cannot be read, which comes once it can', async () => {
    await turn();
    await ada.page.getByRole('link', { name: 'Find rooms' }).click();
    await ada.page.getByText('The server cannot be reached.', { exact: true }).waitFor();
    await turn();
    await ada.button('Open Engine room').waitFor();
    await ada.page.getByRole('link', { name: 'Your account' }).click();
    await ada.page.getByText('this one', { exact: true }).waitFor();
    await ada.page.getByRole('link', { name: /Engine room/ }).click();
    await ada.composer.waitFor();
  });

  it('is told of a message that the server refuses, which can be discarded', async () => {
    await ada.say(TOO_LONG);
    const words = ada.page.locator('.message-state.is-wrong', { hasText: 'Not sent.' });
    expect(await words.textContent()).toContain('16384');
    await isAnnounced('Not sent.');
    await ada.button('Discard').click();
    await expect.poll(() => ada.message('too long').count()).toBe(0);
    expect(ada.complaints).toEqual([]);
  });
});

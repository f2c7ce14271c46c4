import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium } from '../support/browser.js';
import { type ChatPage, PASSWORD } from '../support/chat-page.js';
import { PageStage } from '../support/page-stage.js';

describe.skipIf(!hasChromium)('two people', { sequential: true }, () => {
  let stage: PageStage;
  let ada: ChatPage;
  let bob: ChatPage;
  beforeAll(async () => {
    stage = await PageStage.start({ ACCESS_TOKEN_TTL: '10s' });
    ada = await stage.open();
    bob = await stage.open({ width: 360, height: 640 });
  });
  afterAll(() => stage?.stop());

  it('sign up, and are told beside the field what is wrong', async () => {
    await ada.button('Make an account').click();
    await ada.field('E-mail').fill('ada');
    await ada.field('Password').fill('x');
    await ada.button('Sign up').click();
    const email = ada.field('E-mail');
    await expect.poll(() => email.getAttribute('aria-invalid')).toBe('true');
    const word = await email.evaluate('document.activeElement.nextElementSibling.textContent');
    expect(word).toContain('E-mail');
    await ada.button('I have one').click();
    await ada.signUp('Ada', { lname: 'Lovelace' });
    await bob.signUp('Bob');
  });

  it('make a room, find it by a word of its name, and talk', async () => {
    await ada.makeRoom('Engine room');
    await ada.say('Hello');
    await bob.joinRoom('Engine room');
    await bob.sees('Hello');
    await bob.composer.pressSequentially('Hello');
    await ada.page.getByText('Bob is typing …').waitFor();
    await bob.composer.press('Shift+Enter');
    await bob.composer.pressSequentially('there');
    await bob.composer.press('Enter');
    await ada.sees('Hello\nthere');
    await ada.say('Two lines?');
    await ada.page.getByText('Seen by Bob').waitFor();
  });

  it('reply, react, edit and delete', async () => {
    await bob.act('Two lines?', 'Reply');
    await bob.say('Yes, two');
    await ada.page.locator('button.quote', { hasText: 'Two lines?' }).waitFor();
    await ada.act('Yes, two', 'React');
    await ada.button('React with 👍').click();
    await bob.button('👍, 1').waitFor();
    await ada.button('👍, 1').click();
    await expect.poll(() => bob.button('👍, 1').count()).toBe(0);
    await ada.composer.press('ArrowUp');
    await ada.field('Edit the message').fill('Two lines, I see');
    await ada.page.keyboard.press('Enter');
    await bob.sees('Two lines, I see');
    await bob.page.locator('.message-foot', { hasText: 'edited' }).first().waitFor();
    await bob.act('Yes, two', 'Delete');
    await bob.button('Delete').click();
    await ada.sees('This message was deleted.');
  });

  it('go on after the wire was cut, and what was written goes once', async () => {
    await ada.page.getByRole('switch').click();
    await ada.say('Is this lost?');
    await ada.page.getByText('Not sent yet: it goes once').waitFor();
    await ada.page.getByText('No connection.').waitFor();
    await bob.say('Where are you?');
    await bob.sees('Where are you?');
    expect(await bob.message('Is this lost?').count()).toBe(0);
    await ada.page.getByRole('switch').click();
    await ada.sees('Where are you?');
    await bob.sees('Is this lost?');
    await ada.page.getByText('Online').waitFor();
    expect(await ada.message('Is this lost?').count()).toBe(1);
  });

  it('go on after the server has started anew, and their tokens have run out', async () => {
    await stage.stopServer();
    await ada.say('Anybody home?');
    await ada.page.getByText('Not sent yet').waitFor();
    await new Promise((resolve) => setTimeout(resolve, 10_000)); // as long as an access token lives
    await stage.startServer();
    await bob.sees('Anybody home?');
    await bob.say('I am back');
    await ada.sees('I am back');
  });

  it('see what is unread, and where it begins', async () => {
    await bob.page.getByRole('link', { name: 'Back to the rooms' }).click();
    for (const text of ['One', 'Two', 'Three']) await ada.say(text);
    const row = bob.page.getByRole('link', { name: /Engine room/ });
    await row.getByText('3 unread').waitFor();
    expect(await row.textContent()).toContain('Ada Lovelace: Three');
    await row.click();
    await bob.message('One').locator('.divider.is-new').waitFor();
    await ada.page.getByText('Seen by Bob').waitFor();
  });

  it('talk between the two of them, and see a new name', async () => {
    await bob.page.getByRole('link', { name: 'Back to the rooms' }).click();
    await bob.button('New room').click();
    await bob.field('Their e-mail').fill('nobody@example.org');
    await bob.button('Open').click();
    await bob.page.getByText('Nobody here has this e-mail').waitFor();
    await bob.field('Their e-mail').fill('ada@example.org');
    await bob.button('Open').click();
    await bob.say('Just us');
    await ada.page.getByRole('link', { name: /^Bob/ }).click();
    await ada.sees('Just us');
    await bob.page.getByRole('link', { name: 'Back to the rooms' }).click();
    await bob.page.getByRole('link', { name: 'Your account' }).click();
    await bob.field('First name').fill('Robert');
    await bob.button('Save').click();
    await ada.page.getByRole('heading', { name: 'Robert' }).waitFor();
  });

  it('change roles, remove and add', async () => {
    await ada.page.getByRole('link', { name: /Engine room/ }).click();
    await ada.button('Members and settings').click();
    await ada.field('Role of Robert').selectOption('admin');
    await ada.button('Remove Robert').click();
    await expect.poll(() => ada.button('Remove Robert').count()).toBe(0);
    await ada.field('Add by e-mail').fill('bob@example.org');
    await ada.button('Add').click();
    await ada.button('Remove Robert').waitFor();
    await ada.button('Close').click();
  });

  it('end a session elsewhere, change the password, and erase the account', async () => {
    const other = await stage.open();
    await other.field('E-mail').fill('bob@example.org');
    await other.field('Password').fill(PASSWORD);
    await other.button('Log in').click();
    await other.page.getByRole('link', { name: /Engine room/ }).waitFor();
    await bob.page.reload(); // asks anew where Bob is logged in
    await bob.button(/^End the session of/).click();
    await other.page.getByText('Your session was ended.').waitFor();
    await bob.field('Current password').fill('wrong');
    await bob.field('New password').fill('another horse, another staple');
    await bob.button('Change the password').click();
    await expect
      .poll(() => bob.field('Current password').getAttribute('aria-invalid'))
      .toBe('true');
    await bob.field('Current password').fill(PASSWORD);
    await bob.button('Change the password').click();
    await bob.page.getByText('Changed.').waitFor();
    await bob.page
      .locator('#erase ~ form')
      .getByLabel('Password')
      .fill('another horse, another staple');
    await bob.button('Erase everything').click();
    await bob.button('Make an account').waitFor();
    await ada.message('This message was deleted.').nth(3).waitFor();
    expect([...ada.complaints, ...bob.complaints, ...other.complaints]).toEqual([]);
  });
});

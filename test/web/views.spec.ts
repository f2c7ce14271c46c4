import { mkdirSync } from 'node:fs';
import axe from 'axe-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium } from '../support/browser.js';
import type { ChatPage, GivenFile } from '../support/chat-page.js';
import { PageStage } from '../support/page-stage.js';
import { png, wav } from '../support/sample-files.js';

const SHOTS = 'test-results/views';
const WIDTHS = [360, 768, 1280];

interface Violation {
  id: string;
  impact: string;
  nodes: { html: string; failureSummary: string }[];
}

/** What a screen reader, or eyes that see less, would stumble over. */
async function faultsOf({ page }: ChatPage): Promise<string[]> {
  const { violations } = await page.evaluate<{ violations: Violation[] }>('axe.run(document)');
  return violations
    .filter(({ impact }) => ['serious', 'critical'].includes(impact))
    .map(({ id, nodes }) => `${id}: ${nodes[0].failureSummary} ${nodes[0].html}`);
}

describe.skipIf(!hasChromium)('each view', () => {
  let stage: PageStage;
  let ada: ChatPage;
  beforeAll(async () => {
    mkdirSync(SHOTS, { recursive: true });
    stage = await PageStage.start();
    ada = await stage.open();
  });
  afterAll(() => stage?.stop());

  /** In both themes and three widths: as a picture, and by axe. */
  async function look(name: string): Promise<void> {
    const { page } = ada;
    await ada.page.evaluate(axe.source); // into this page's world, past its policy
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 800 });
        await page.waitForTimeout(60);
        await page.screenshot({ path: `${SHOTS}/${name}-${colorScheme}-${width}.png` });
        const isWide = await page.evaluate(
          'document.documentElement.scrollWidth > document.documentElement.clientWidth',
        );
        expect(isWide, `${name} at ${width}`).toBe(false);
        if (width !== 768) expect(await faultsOf(ada), `${name} ${colorScheme}`).toEqual([]);
      }
    }
    await page.setViewportSize({ width: 1280, height: 800 });
  }

  it('of signing in', async () => {
    await look('log-in');
    await ada.button('Make an account').click();
    await ada.field('E-mail').fill('nobody');
    await ada.button('Sign up').click();
    await ada.page.locator('[aria-invalid="true"]').first().waitFor();
    await look('sign-up');
    await ada.button('I have one').click();
  });

  it('without a room', async () => {
    await ada.signUp('Ada');
    await look('empty');
    await ada.page.getByRole('link', { name: 'Find rooms' }).click();
    await ada.page.getByText('There is no room yet').waitFor();
    await look('no-rooms');
    await ada.page.goto(`${stage.url}/app/#/`);
    await ada.button('New room').click();
    await look('new-room');
    await ada.button('Close').click();
  });

  it('of a room', async () => {
    const bob = await stage.open();
    await bob.signUp('Bob');
    await ada.makeRoom('Engine room');
    await ada.say('Has anybody seen the manual? https://example.org/manual');
    await bob.joinRoom('Engine room');
    await bob.say('It lies where it always lies: in the second drawer, under everything else.');
    await ada.sees('second drawer');
    await ada.act('second drawer', 'Reply');
    await ada.say('Found it.');
    await ada.act('second drawer', 'React');
    await ada.button('React with ❤️').click();
    await bob.sees('Found it.');
    await bob.composer.pressSequentially('You');
    await ada.page.mouse.move(0, 0);
    await look('room');
    await ada.act('second drawer', 'React');
    await look('picker');
    await ada.page.keyboard.press('Escape');
    await ada.act('Found it.', 'Delete');
    await look('delete');
    await ada.button('Keep').click();
    await ada.act('Found it.', 'Edit');
    await look('edit');
    await ada.page.keyboard.press('Escape');
    await ada.act('Found it.', 'On the disk');
    await ada.page.locator('.row dd').first().waitFor();
    await look('row');
    await ada.button('Close').click();
    await ada.button('Members and settings').click();
    await ada.page.locator('.member').nth(1).waitFor();
    await look('members');
    await ada.button('Close').click();
    await ada.button('Search this room').click();
    await ada.field('Words of the message').fill('drawer');
    await ada.page.locator('.hit').first().waitFor();
    await look('search');
    await ada.button('Close').click();
  });

  it('of files', async () => {
    const picture = (name: string, ...size: [number, number]): GivenFile => ({
      name,
      mimeType: 'image/png',
      buffer: png(...size, [60, 110, 140]),
    });
    const text = 'A name that goes on for longer than there is room for it in the bubble.txt';
    await ada.pick(
      picture('harbour.png', 800, 450),
      { name: 'tone.wav', mimeType: 'audio/wav', buffer: wav() },
      { name: text, mimeType: 'text/plain', buffer: Buffer.from('Dear all, …') },
    );
    await ada.page.locator('.chosen-file.is-complete').nth(2).waitFor();
    await ada.pick({ name: 'empty.txt', mimeType: 'text/plain', buffer: Buffer.alloc(0) });
    await look('files-chosen');
    await ada.say('From the harbour');
    await ada.isSent('From the harbour');
    await ada.pick(picture('one.png', 400, 400), picture('two.png', 200, 600));
    await ada.button('Send').click();
    await ada.page.getByAltText('two.png').waitFor();
    await expect.poll(() => ada.page.locator('.message-state').count()).toBe(0);
    await look('files');
    await ada.page.reload(); // as others see them
    await ada.page.getByAltText('two.png').waitFor();
    await look('files-of-others');
    await ada.page.getByRole('button', { name: 'one.png' }).click();
    await ada.page.getByText('2 of 3').waitFor();
    await look('viewer');
    await ada.button('Close').click();
    await ada.page.getByRole('switch').click();
    await ada.pick(picture('late.png', 400, 300));
    await ada.page.getByText('The server cannot be reached.').first().waitFor();
    await look('files-waiting');
    await ada.say('Late');
    await ada.message('Late').getByText('late.png: 0 %').waitFor();
    await look('files-cut');
    await ada.page.getByRole('switch').click();
    await ada.isSent('Late');
  });

  it('without a connection', async () => {
    await ada.page.getByRole('switch').click();
    await ada.say('Does this arrive?');
    await ada.page.getByText('No connection.').waitFor();
    await look('cut');
    await ada.page.getByRole('switch').click();
    await ada.page.getByText('Online').waitFor();
  });

  it('of names, texts and problems that are not the usual ones', async () => {
    const long = await stage.givenCaller('Wolfeschlegelsteinhausenbergerdorff', {
      email: 'long@example.org',
      lname: 'von und zu der Sonnenseite am Alten Weinberg',
      profile: 'مهندسة محركات. '.repeat(6),
    });
    const name = 'A room whose name goes on for longer than anybody would ever want to read it';
    const { body: room } = await long.post('/chat/', { chat_name: name });
    const say = (message: string, reply_to?: string): ReturnType<typeof long.post> =>
      long.post('/message/', { chatid: room.id, message, reply_to });
    const { body: arabic } = await say('أين الدليل؟ لم أجده في الدرج الثاني.');
    await say(
      'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft'.repeat(2),
    );
    await say('שלום, and a mix of both: https://example.org/a/very/long/way/'.repeat(2), arabic.id);
    await ada.joinRoom(name);
    await ada.say('x'.repeat(17_000));
    await ada.button('Discard').waitFor();
    await ada.act('أين الدليل؟', 'Reply');
    await look('unusual');
    await ada.button('Do not reply').click();
    await ada.button('Discard').click();
    await ada.page.getByRole('switch').click();
    await ada.act('أين الدليل؟', 'React');
    await ada.button('React with 👍').click();
    await ada.button('Dismiss').waitFor();
    await look('fault');
    await ada.page.getByRole('switch').click();
    await ada.page.getByText('Online').waitFor();
    await ada.button('Members and settings').click();
    await ada.page.locator('.member').nth(1).waitFor();
    await look('long-members');
    await ada.button('Leave the room').click();
    await look('leave');
    await ada.button('Leave').click();
    await ada.page.locator('.main.is-empty').waitFor();
    await ada.page.goto(`${stage.url}/app/#/rooms/${room.id}`);
    await ada.button('Join').waitFor();
    await look('outside');
  });

  it('of the directory and the account', async () => {
    await ada.page.getByRole('link', { name: 'Find rooms' }).click();
    await ada.button('Open Engine room').waitFor();
    await look('directory');
    await ada.page.getByRole('link', { name: 'Your account' }).click();
    await ada.page.locator('.sessions li').first().waitFor();
    await look('account');
    await ada.page.getByRole('heading', { name: 'Erase the account' }).scrollIntoViewIfNeeded();
    await ada.field('Current password').fill('not this one');
    await ada.field('New password').fill('another horse, another staple');
    await ada.button('Change the password').click();
    await ada.page.locator('[aria-invalid="true"]').waitFor();
    await look('account-problem');
    await ada.page.locator('.page').evaluate('(it) => it.scrollTo(0, it.scrollHeight)');
    await look('account-end');
    expect(ada.complaints).toEqual([]);
  });
});

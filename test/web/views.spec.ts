import { mkdirSync } from 'node:fs';
import axe from 'axe-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium } from '../support/browser.js';
import type { ChatPage } from '../support/chat-page.js';
import { PageStage } from '../support/page-stage.js';

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
  });

  it('without a connection', async () => {
    await ada.page.getByRole('switch').click();
    await ada.say('Does this arrive?');
    await ada.page.getByText('No connection.').waitFor();
    await look('cut');
    await ada.page.getByRole('switch').click();
    await ada.page.getByText('Online').waitFor();
  });

  it('of the directory and the account', async () => {
    await ada.page.getByRole('link', { name: 'Find rooms' }).click();
    await ada.button('Open Engine room').waitFor();
    await look('directory');
    await ada.page.getByRole('link', { name: 'Your account' }).click();
    await ada.page.locator('.sessions li').first().waitFor();
    await look('account');
    expect(ada.complaints).toEqual([]);
  });
});

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium } from '../support/browser.js';
import type { ChatPage } from '../support/chat-page.js';
import { Gate } from '../support/gate.js';
import { PageStage } from '../support/page-stage.js';
import { png, wav } from '../support/sample-files.js';

const MIB = 1024 ** 2;
const HARBOUR = {
  name: 'harbour.png',
  mimeType: 'image/png',
  buffer: png(640, 360, [40, 120, 160]),
};
const TOWER = { name: 'tower.png', mimeType: 'image/png', buffer: png(120, 400, [170, 90, 60]) };
const NOTES = { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('Dear all, …') };
const TONE = { name: 'tone.wav', mimeType: 'audio/wav', buffer: wav() };

describe.skipIf(!hasChromium)('files', { sequential: true }, () => {
  let stage: PageStage;
  let ada: ChatPage;
  let bob: ChatPage;
  beforeAll(async () => {
    stage = await PageStage.start({ ATTACHMENT_MAX_BYTES: `${10 * MIB}` });
    ({ ada, bob } = await stage.openRoom());
  });
  afterAll(() => stage?.stop());

  const chosen = (of: ChatPage): Locator => of.page.locator('.chosen-file');
  const picture = (of: ChatPage, name: string): Locator => of.page.getByRole('button', { name });
  const isLoaded = (image: Locator): Promise<boolean> =>
    image.evaluate((it) => {
      const { complete, naturalWidth } = it as unknown as Record<string, unknown>;
      return complete === true && naturalWidth !== 0;
    });

  it('are picked, one is taken out again, and go with a text', async () => {
    await ada.pick(HARBOUR, NOTES, TOWER);
    await expect.poll(() => chosen(ada).count()).toBe(3);
    await ada.button(/^(Cancel|Remove) tower.png$/).click();
    await expect.poll(() => chosen(ada).count()).toBe(2);
    await ada.say('From the harbour');
    await expect.poll(() => chosen(ada).count()).toBe(0);
    await ada.isSent('From the harbour');
    await bob.sees('From the harbour');
    const image = bob.message('From the harbour').getByAltText('harbour.png');
    await expect.poll(() => isLoaded(image)).toBe(true);
    await bob.message('From the harbour').getByText('13 bytes').waitFor();
  });

  it('are saved by their names', async () => {
    const download = bob.page.waitForEvent('download');
    await bob.page.getByRole('link', { name: 'Download notes.txt' }).click();
    expect((await download).suggestedFilename()).toBe('notes.txt');
    expect(await readFile(await (await download).path(), 'utf8')).toBe('Dear all, …');
  });

  it('are pasted, and dropped, and make a message without words', async () => {
    await ada.give('paste', TOWER);
    await ada.give('drop', HARBOUR, TONE);
    await expect.poll(() => chosen(ada).count()).toBe(3);
    await ada.button('Send').click();
    await expect.poll(() => chosen(ada).count()).toBe(0);
    const last = bob.page.locator('li.message').last();
    await last.getByText('tone.wav').waitFor();
    expect(await last.locator('.text').count()).toBe(0);
    expect(await last.locator('audio').getAttribute('aria-label')).toBe('tone.wav');
    for (const name of ['tower.png', 'harbour.png'])
      await expect.poll(() => isLoaded(last.getByAltText(name))).toBe(true);
    await ada.page
      .getByRole('link', { name: /Engine room/ })
      .getByText('You: 3 files')
      .waitFor();
  });

  it('have their place before they are there', async () => {
    const gate = new Gate();
    await bob.page.route('**/attachment/*/*?ticket=*', async (route) => {
      await gate.pass();
      await route.continue();
    });
    await bob.page.reload();
    const images = bob.page.locator('.picture img');
    await expect.poll(() => images.count()).toBe(3);
    await gate.reached;
    const places = (): Promise<string[]> =>
      bob.page.evaluate(
        `[...document.querySelectorAll('li.message, .picture img')].map((it) =>
          JSON.stringify(it.getBoundingClientRect()))`,
      );
    const before = await places();
    gate.open();
    for (const n of [0, 1, 2]) await expect.poll(() => isLoaded(images.nth(n))).toBe(true);
    expect(await places()).toEqual(before);
  });

  it('that are pictures are looked at one after the other, by keys alone', async () => {
    const opener = picture(bob, 'tower.png');
    await opener.focus();
    await bob.page.keyboard.press('Enter');
    const viewer = bob.page.getByRole('dialog', { name: 'tower.png' });
    await viewer.waitFor();
    await viewer.getByText('2 of 3').waitFor();
    await bob.page.keyboard.press('ArrowRight');
    const next = bob.page.getByRole('dialog', { name: 'harbour.png' });
    await next.getByText('3 of 3').waitFor();
    await expect.poll(() => isLoaded(next.getByAltText('harbour.png'))).toBe(true);
    const box = await next.getByAltText('harbour.png').boundingBox();
    expect(box!.width).toBeLessThanOrEqual(360);
    expect(box!.width).toBeGreaterThan(300);
    await bob.page.keyboard.press('ArrowLeft');
    await bob.page.keyboard.press('Tab');
    expect(await bob.page.evaluate('document.activeElement.closest("dialog") !== null')).toBe(true);
    await bob.page.keyboard.press('Escape');
    await expect.poll(() => bob.page.getByRole('dialog').count()).toBe(0);
    expect(await bob.page.evaluate('document.activeElement.title')).toBe('tower.png');
  });

  it('that cannot be taken are told of', async () => {
    const large = { name: 'film.mp4', mimeType: 'video/mp4', buffer: Buffer.alloc(11 * MIB) };
    const empty = { ...NOTES, name: 'empty.txt', buffer: Buffer.alloc(0) };
    await ada.pick(large, empty);
    const words = ada.page.getByRole('alert').filter({ hasText: 'film.mp4' });
    expect(await words.textContent()).toBe(
      '“film.mp4” has 11 MB. A file may have at most 10 MB. “empty.txt” is empty, or a folder.',
    );
    await ada.pick(...Array.from({ length: 11 }, (_, n) => ({ ...NOTES, name: `${n}.txt` })));
    await ada.page.getByText('A message takes at most 10 files.').waitFor();
    expect(await chosen(ada).count()).toBe(10);
    for (let left = 10; left > 0; left--)
      await chosen(ada).first().getByRole('button').last().click();
    expect(await chosen(ada).count()).toBe(0);
  });

  it('go once the connection is back, and are told how far they are', async () => {
    await ada.page.getByRole('switch').click();
    await ada.pick({ ...HARBOUR, name: 'late.png' });
    await chosen(ada).getByText('The server cannot be reached.').waitFor();
    await ada.say('A late one');
    await ada.message('A late one').getByText('late.png: 0 %').waitFor();
    await ada.message('A late one').getByRole('button', { name: 'Cancel' }).waitFor();
    await ada.page.getByRole('switch').click();
    await ada.isSent('A late one');
    await expect
      .poll(() => isLoaded(bob.message('A late one').getByAltText('late.png')))
      .toBe(true);
  });

  it('are cancelled with their message', async () => {
    await ada.page.getByRole('switch').click();
    await ada.pick({ ...HARBOUR, name: 'never.png' });
    await ada.say('Never mind');
    await ada.message('Never mind').getByRole('button', { name: 'Cancel' }).click();
    await expect.poll(() => ada.message('Never mind').count()).toBe(0);
    await ada.page.getByRole('switch').click();
    await ada.page.getByText('Online').waitFor();
  });

  it('go with the message that is deleted, also from the viewer', async () => {
    await picture(bob, 'late.png').click();
    await bob.page.getByRole('dialog').waitFor();
    await ada.act('A late one', 'Delete');
    await ada.button('Delete').click();
    await expect.poll(() => bob.page.getByRole('dialog').count()).toBe(0);
    expect(await bob.page.getByAltText('late.png').count()).toBe(0);
  });

  it('that were cut by a reload go on where they were, once they are chosen again', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'conclave-files-'));
    const path = join(folder, 'large.bin');
    await writeFile(path, Buffer.alloc(10 * MIB, 'x'));
    const parts: string[] = [];
    await ada.page.route('**/parts/*', async (route) => {
      const part = route.request().url().split('/').at(-1)!;
      parts.push(part);
      if (parts.length > 3 || part !== '3') await route.continue();
    });
    await ada.pick(path);
    const progress = ada.page.getByLabel('Upload of large.bin');
    await expect.poll(() => progress.getAttribute('value')).toBe(`${8 * MIB}`);
    expect(parts.sort()).toEqual(['1', '2', '3']);
    await ada.page.reload();
    await ada.pick(path);
    await ada.say('After a reload');
    await ada.isSent('After a reload');
    expect(parts).toEqual(['1', '2', '3', '3']);
    await bob.message('After a reload').getByText('10 MB').waitFor();
    await rm(folder, { recursive: true });
  });

  it('that were chosen are nothing to whoever comes next', async () => {
    await ada.pick(HARBOUR);
    await expect.poll(() => chosen(ada).count()).toBe(1);
    await ada.page.getByRole('link', { name: 'Your account' }).click();
    await ada.button('Log out').click();
    await ada.logIn('Ada');
    await ada.page.getByRole('link', { name: /Engine room/ }).click();
    await ada.button('Attach files').waitFor();
    expect(await chosen(ada).count()).toBe(0);
    expect([...ada.complaints, ...bob.complaints]).toEqual([]);
  });
});

describe.skipIf(!hasChromium)('where the server takes no files', () => {
  let stage: PageStage;
  afterAll(() => stage?.stop());

  it('there is no way to choose some', async () => {
    stage = await PageStage.start({ ATTACHMENT_STORE: 'off' });
    const ada = await stage.open();
    await ada.signUp('Ada');
    const asked = ada.page.waitForResponse(/\/server$/);
    await ada.makeRoom('Engine room');
    await asked;
    await ada.say('Words alone');
    await ada.isSent('Words alone');
    await ada.give('drop', NOTES);
    expect(await ada.button('Attach files').count()).toBe(0);
    expect(await ada.page.locator('.chosen-file').count()).toBe(0);
  });
});

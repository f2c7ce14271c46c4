import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium } from '../support/browser.js';
import type { ChatPage } from '../support/chat-page.js';
import { PageStage } from '../support/page-stage.js';
import { png } from '../support/sample-files.js';
import { until } from '../support/until.js';

const EXPIRED = `ticket=${'A'.repeat(70)}`;
/** Until the page knows of what it was answered. */
const SETTLE_MS = 500;

const HARBOUR = {
  name: 'harbour.png',
  mimeType: 'image/png',
  buffer: png(640, 360, [40, 120, 160]),
};

describe.skipIf(!hasChromium)('pictures far up', () => {
  let stage: PageStage;
  let ada: ChatPage;
  let bob: ChatPage;
  beforeAll(async () => {
    stage = await PageStage.start();
    ({ ada, bob } = await stage.openRoom());
  });
  afterAll(() => stage?.stop());

  /** Of what has come of Bob's pictures, in pixels. */
  const widths = (): Promise<number[]> =>
    bob.page
      .locator('.picture img')
      .evaluateAll((images) =>
        (images as unknown as { naturalWidth: number }[]).map((it) => it.naturalWidth),
      );

  it('are there though their first URLs have expired before they were looked at', async () => {
    await ada.pick(HARBOUR);
    await ada.say('From the harbour');
    await ada.isSent('From the harbour');
    for (let n = 1; n <= 30; n++) {
      const lines = Array.from({ length: 8 }, (_, i) => `line ${i} of ${n}`);
      await ada.composer.fill(lines.join('\n'));
      await ada.composer.press('Enter');
    }
    await ada.isSent('line 0 of 30');
    let asked = 0;
    await bob.page.route('**/attachment/tickets', async (route) => {
      const response = await route.fetch();
      const text = await response.text();
      const expired = text.replaceAll(/ticket=[\w-]+/g, EXPIRED);
      await route.fulfill({ response, body: asked++ === 0 ? expired : text });
    });
    // Chromium may ask for it before it is seen: it has its answer once the URL has expired.
    await bob.page.route(`**/*${EXPIRED}*`, async (route) => {
      await until(() => asked === 2);
      await sleep(SETTLE_MS);
      await route.continue();
    });
    await bob.page.clock.install();
    await bob.page.reload();
    await bob.sees('line 0 of 30');
    await until(() => asked === 1);
    await bob.page.clock.fastForward('01:00:00');
    await until(() => asked === 2);
    await bob.page.locator('.picture img').scrollIntoViewIfNeeded();
    await expect.poll(async () => (await widths()).map((width) => width > 0)).toEqual([true]);
  });
});

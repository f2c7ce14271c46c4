import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PIXEL } from '../support/attachments.js';
import { Browser, hasChromium } from '../support/browser.js';
import { ServerProcess } from '../support/server-process.js';
import { TestDatabase } from '../support/test-database.js';

const LONG_MS = 90_000;

describe.skipIf(!hasChromium)('a newcomer in Swagger UI', { timeout: LONG_MS }, () => {
  let database: TestDatabase;
  let server: ServerProcess;
  let browser: Browser;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    database = await TestDatabase.create();
    server = await ServerProcess.start(database.environment);
    browser = await Browser.start();
    ({ page, complaints } = browser);
  });

  afterAll(async () => {
    await browser?.stop();
    await ServerProcess.killAll();
    await database?.drop();
  });

  const operation = (id: string): Locator => page.locator(`.opblock[id$="-${id}"]`);

  async function open(id: string): Promise<Locator> {
    const block = operation(id);
    const button = block.getByRole('button', { name: 'Execute' });
    if (!(await button.isVisible())) await block.locator('.opblock-summary-control').click();
    return block;
  }

  /** Opens an operation, fills in what is given, executes it, and reads the answer off the page. */
  async function execute(
    id: string,
    body?: object,
    // eslint-disable-next-line @typescript-eslint/no-explicit-any
  ): Promise<{ status: string; body: any }> {
    const block = await open(id);
    const button = block.getByRole('button', { name: 'Execute' });
    if (body) await block.locator('textarea.body-param__text').fill(JSON.stringify(body));
    const answered = page.waitForResponse((it) => it.url().startsWith(server.url));
    await button.click();
    const response = await answered;
    const requestId = response.headers()['x-request-id'];
    const answer = block.locator('.live-responses-table .response', { hasText: requestId });
    const text = await answer.locator('.response-col_description pre').first().textContent();
    const status = String(response.status());
    return { status, body: status === '204' ? undefined : JSON.parse(text!) };
  }

  it('opens the page without a complaint of the browser', async () => {
    await page.goto(server.url);
    await operation('sendMessage').waitFor();
    const saved = process.env.SCREENSHOTS; // a folder to look at the page in
    if (saved) await page.screenshot({ path: join(saved, 'docs.png'), fullPage: true });
    expect(page.url()).toBe(`${server.url}/docs`);
    expect(await page.title()).toBe('Conclave API');
    expect(complaints).toEqual([]);
  });

  it.each(['once', 'again'])(
    'signs up, makes a room, sends and reads by Execute alone, %s',
    async () => {
      const signedUp = await execute('signUp');
      expect(signedUp).toMatchObject({ status: '201', body: { token_type: 'Bearer' } });
      const room = await execute('createChat');
      expect(room).toMatchObject({ status: '201', body: { created_by: signedUp.body.user.id } });
      const sent = await execute('sendMessage');
      expect(sent).toMatchObject({ status: '201', body: { chat_id: room.body.id, seq: 1 } });
      const read = await execute('listMessages');
      expect(read).toMatchObject({ status: '200', body: { data: [sent.body], has_more: false } });
      expect(complaints).toEqual([]);
    },
  );

  it('opens the direct room of the two that have signed up', async () => {
    const made = await execute('openDirectChat');
    expect(made).toMatchObject({ status: '201', body: { peer: { fname: 'Ada' } } });
    const again = await execute('openDirectChat');
    expect(again).toMatchObject({ status: '200', body: { id: made.body.id } });
    expect(complaints).toEqual([]);
  });

  it('goes on with what it has seen last: a message, a room, a session', async () => {
    const message = 'Hello from Swagger UI 👋';
    const { body: room } = await execute('createChat', { chat_name: 'Room from a browser' });
    const example = { chatid: '019ab3c1-6a10-7d3e-9b61-0c2d4e6f8a12', message };
    const { body: sent } = await execute('sendMessage', example);
    expect(sent.chat_id).toBe(room.id);
    expect(await execute('addReaction')).toMatchObject({ status: '204' });
    expect(await execute('getMessage')).toMatchObject({
      body: { id: sent.id, message, reactions: [{ emoji: '👍', count: 1, me: true }] },
    });
    const synced = await execute('sync'); // whose example names a room too
    expect(synced.body.rooms[room.id]).toBe(room.last_change + 2);
    expect(complaints).toEqual([]);
  });

  it('uploads a small picture, sends it, and shows it in full and small', async () => {
    const { body: room } = await execute('createChat');
    const file = { chat_id: room.id, file_name: 'harbour.png', size: PIXEL.length };
    const begun = await execute('beginUpload', file);
    expect(begun).toMatchObject({ status: '201', body: { state: 'uploading', part_count: 1 } });
    await open('uploadPart');
    const chosen = { name: 'harbour.png', mimeType: 'image/png', buffer: PIXEL };
    await operation('uploadPart').locator('input[type=file]').setInputFiles(chosen);
    expect(await execute('uploadPart')).toEqual({ status: '204', body: undefined });
    const sent = await execute('sendMessage', {
      chatid: room.id,
      message: '',
      attachments: [begun.body.id],
    });
    const [attachment] = sent.body.attachments;
    expect(attachment).toMatchObject({ content_type: 'image/png', width: 1, has_thumbnail: true });
    for (const id of ['downloadFile', 'downloadThumbnail']) {
      await open(id);
      await operation(id).getByRole('button', { name: 'Execute' }).click();
      const picture = operation(id).locator('.live-responses-table img');
      await picture.waitFor();
      await expect
        .poll(() =>
          picture.evaluate((it) => (it as Element & { naturalWidth: number }).naturalWidth),
        )
        .toBe(1);
    }
    expect(complaints).toEqual([]);
  });

  it('is still authorised after a reload, and knows the ids', async () => {
    await page.reload();
    expect(await execute('me')).toMatchObject({ body: { email: expect.stringMatching(/^ada-/) } });
    expect(await execute('listMessages')).toMatchObject({ status: '200' });
    expect(complaints).toEqual([]);
  });

  it('uses the tokens of a log-in and of a refresh, and forgets them at log-out', async () => {
    const authorised = page.locator('.auth-wrapper .authorize.locked').first();
    const loggedIn = await execute('logIn'); // as whom it signed up
    expect(loggedIn.status).toBe('200');
    expect(await execute('refresh')).toMatchObject({ status: '200' });
    expect(await execute('me')).toMatchObject({ body: { id: loggedIn.body.user.id } });
    expect(await authorised.isVisible()).toBe(true);
    expect(complaints).toEqual([]);
    expect(await execute('logOut')).toMatchObject({ status: '204' });
    await authorised.waitFor({ state: 'hidden' });
    expect(await execute('me')).toMatchObject({ status: '401' });
  });
});

import { existsSync } from 'node:fs';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Locator, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServerProcess } from './support/server-process.js';
import { TestDatabase } from './support/test-database.js';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const PATIENCE_MS = 10_000;

const hasChromium = existsSync(CHROMIUM);
if (!hasChromium) console.warn(`SKIPPED: Swagger UI in a browser: there is no ${CHROMIUM}`);

describe.skipIf(!hasChromium)('a newcomer in Swagger UI', () => {
  let database: TestDatabase;
  let server: ServerProcess;
  let profile: string;
  let browser: BrowserContext;
  let page: Page;
  /** What the browser complains of, violations of the policy among it. */
  const complaints: string[] = [];

  beforeAll(async () => {
    database = await TestDatabase.create();
    server = await ServerProcess.start(database.environment);
    profile = mkdtempSync(join(tmpdir(), 'conclave-chromium-'));
    browser = await chromium.launchPersistentContext(profile, {
      executablePath: CHROMIUM,
      headless: true,
      args: ARGUMENTS,
      viewport: { width: 1280, height: 900 },
    });
    browser.setDefaultTimeout(PATIENCE_MS);
    page = await browser.newPage();
    page.on('pageerror', ({ message }) => complaints.push(message));
    page.on('requestfailed', (request) => complaints.push(`failed: ${request.url()}`));
    page.on('console', (line) => {
      if (['error', 'warning'].includes(line.type())) complaints.push(line.text());
    });
  });

  afterAll(async () => {
    await browser?.close();
    await ServerProcess.killAll();
    await database?.drop();
    if (profile) rmSync(profile, { recursive: true, force: true });
  });

  const operation = (id: string): Locator => page.locator(`.opblock[id$="-${id}"]`);

  /** Opens an operation, fills in what is given, executes it, and reads the answer off the page. */
  async function tryOut(
    id: string,
    { body, parameter }: { body?: object; parameter?: [name: string, value: string] } = {},
    // eslint-disable-next-line @typescript-eslint/no-explicit-any
  ): Promise<{ status: string; body: any }> {
    const block = operation(id);
    await block.locator('.opblock-summary-control').click();
    await block.getByRole('button', { name: 'Try it out' }).click();
    if (body) await block.locator('textarea.body-param__text').fill(JSON.stringify(body));
    if (parameter) {
      const row = block.locator(`tr[data-param-name="${parameter[0]}"]`);
      await row.locator('input').fill(parameter[1]);
    }
    await block.getByRole('button', { name: 'Execute' }).click();
    const answer = block.locator('.live-responses-table .response').first();
    const status = await answer.locator('.response-col_status').innerText();
    const text = await answer.locator('.response-col_description pre').first().textContent();
    return { status: status.trim().split(/\s/)[0], body: JSON.parse(text!) };
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

  it('signs up, authorises, makes a room, sends a message and reads it back', async () => {
    const signedUp = await tryOut('signUp'); // the example, as it stands on the page
    expect(signedUp).toMatchObject({ status: '201', body: { token_type: 'Bearer' } });
    await authorise(signedUp.body.access_token);

    const room = await tryOut('createChat', { body: { chat_name: 'Room from a browser' } });
    expect(room).toMatchObject({ status: '201', body: { chat_name: 'Room from a browser' } });
    const message = 'Hello from Swagger UI 👋';
    const sent = await tryOut('sendMessage', { body: { chatid: room.body.id, message } });
    expect(sent).toMatchObject({ status: '201', body: { message } });
    const page1 = await tryOut('listMessages', { parameter: ['chat_id', room.body.id] });
    expect(page1).toMatchObject({ status: '200', body: { data: [{ message }] } });
    expect(complaints).toEqual([]);
  });

  it('is still authorised after a reload', async () => {
    await page.reload();
    const me = await tryOut('me');
    expect(me).toMatchObject({ status: '200', body: { email: 'ada@example.org' } });
    expect(complaints).toEqual([]);
  });

  async function authorise(token: string): Promise<void> {
    await page.locator('.auth-wrapper .authorize').first().click();
    const dialog = page.locator('.dialog-ux');
    await dialog.locator('input').fill(token);
    await dialog.getByRole('button', { name: 'Apply credentials' }).click();
    await dialog.getByRole('button', { name: 'Close' }).click();
  }
});

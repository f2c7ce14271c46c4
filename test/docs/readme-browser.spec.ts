import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Browser, hasChromium } from '../support/browser.js';
import { Client } from '../support/client.js';
import { Frontend } from '../support/frontend.js';
import { ServerProcess } from '../support/server-process.js';

const LONG_MS = 90_000;
const PASSWORD = 'correct horse battery staple';
const snippet = /^```js\n([^]*?)^```$/m.exec(readFileSync('README.md', 'utf8'))![1];

describe.skipIf(!hasChromium)('the README’s page in a browser', { timeout: LONG_MS }, () => {
  let folder: string;
  let server: ServerProcess;
  let frontend: Frontend;
  let browser: Browser;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'conclave-readme-'));
    server = await ServerProcess.start({ PORT: '0', DATA_DIR: folder });
    const program = join(folder, 'main.js');
    writeFileSync(program, snippet.replaceAll('http://localhost:3000', server.url));
    symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
    frontend = await Frontend.start(program);
    browser = await Browser.start();
  });

  afterAll(async () => {
    await browser?.stop();
    frontend?.stop();
    await ServerProcess.killAll();
    rmSync(folder, { recursive: true });
  });

  const signUp = async (fname: string): Promise<Client> => {
    const account = { email: `${fname.toLowerCase()}@example.org`, password: PASSWORD, fname };
    const { body } = await new Client(server.url).post('/userauth/userSignup', account);
    return new Client(server.url, body.access_token);
  };

  it('logs in, sends, hears others, and renews its tokens', async () => {
    const [ada, grace] = [await signUp('Ada'), await signUp('Grace')];
    const { page, complaints } = browser;
    const isExpired = { times: 1 };
    await page.route(
      '**/message/?chat_id=*',
      (route) => {
        const headers = { ...route.request().headers(), authorization: 'Bearer expired' };
        return route.continue({ headers }); // as if 15 minutes had gone by
      },
      isExpired,
    );
    const renewed = page.waitForResponse((it) => it.url().endsWith('/userauth/refresh'));
    await page.goto(frontend.url);
    const body = page.locator('body');
    await body.getByText('Ada: Hello from a browser!').waitFor();
    expect((await renewed).status()).toBe(200);

    const { body: rooms } = await ada.get('/chat/');
    const chatid = rooms.data[0].id;
    const { body: sent } = await grace.post('/message/', { chatid, message: 'Hello, Ada!' });
    await body.getByText('Grace: Hello, Ada!').waitFor();
    await grace.patch(`/message/${sent.id}`, { message: 'Good morning, Ada!' });
    await body.getByText('Grace: Good morning, Ada!').waitFor();
    await grace.request('DELETE', `/message/${sent.id}`);
    await body.getByText('Grace: (deleted)').waitFor();
    expect(await body.innerText()).toBe('Ada: Hello from a browser!\nGrace: (deleted)');
    expect(complaints).toEqual([expect.stringContaining('401')]); // the expired token's
  });
});

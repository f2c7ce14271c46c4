import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { hasChromium } from '../support/browser.js';
import type { ChatPage } from '../support/chat-page.js';
import { Client } from '../support/client.js';
import { claimsOf, EXCHANGE_SECRET, signToken } from '../support/exchange-token.js';
import { PageStage } from '../support/page-stage.js';

const PRODUCTION = {
  NODE_ENV: 'production',
  HOST: '127.0.0.1',
  EXAMPLE_APP: 'on',
  MASTER_KEYS: `${randomBytes(32).toString('base64url')}=`,
  JWT_SECRET: randomBytes(32).toString('base64'),
};

describe.skipIf(!hasChromium)('the page offers what the server does', () => {
  let stage: PageStage;
  afterEach(() => stage?.stop());

  const account = (page: ChatPage): Promise<void> =>
    page.page.getByRole('link', { name: 'Your account' }).click();

  it('no rows of the database in production', async () => {
    stage = await PageStage.start(PRODUCTION);
    const ada = await stage.open();
    await ada.signUp('Ada');
    await ada.makeRoom('Engine room');
    await ada.say('Sealed');
    await ada.isSent('Sealed');
    await ada.message('Sealed').locator('.bubble').hover();
    await ada.button('Reply').waitFor();
    expect(await ada.button('On the disk').count()).toBe(0);
    expect(ada.complaints).toEqual([]);
  });

  it('no account where sign-up is closed', async () => {
    stage = await PageStage.start({ SIGN_UP: 'closed' });
    const stranger = await stage.open();
    await stranger.page.getByText('Accounts are made by whoever runs this server.').waitFor();
    expect(await stranger.button('Make an account').count()).toBe(0);
    await stranger.button('Log in').waitFor();
  });

  it('no password where the team’s own page is the way in', async () => {
    stage = await PageStage.start({ PASSWORD_LOG_IN: 'off', EXCHANGE_SECRET });
    const stranger = await stage.open();
    await stranger.page.getByText('you log in by your team’s own page').waitFor();
    expect(await stranger.page.locator('input, form').count()).toBe(0);
    await logInElsewhere(stage, stranger);
    await account(stranger);
    await stranger.page.getByText('You have no password here').waitFor();
    await stranger.page.getByText('What others see of you.', { exact: true }).waitFor(); // no e-mail
    expect(await stranger.page.locator('input[type=password]').count()).toBe(0);
    expect(stranger.complaints).toEqual([]);
  });

  it('no password to whom came by the team’s page, and one to others', async () => {
    stage = await PageStage.start({ EXCHANGE_SECRET });
    const grace = await stage.open();
    await logInElsewhere(stage, grace);
    await account(grace);
    await grace.page.getByText('You have no password here').waitFor();
    const ada = await stage.open();
    await ada.signUp('Ada');
    await account(ada);
    await ada.field('Current password').waitFor();
    await ada.page.getByText('Your e-mail, ada@example.org, is not part of it.').waitFor();
  });
});

/** As the team's page does that has exchanged a token, on the same origin. */
async function logInElsewhere(stage: PageStage, { page }: ChatPage): Promise<void> {
  const token = signToken(claimsOf({ fname: 'Grace' }));
  const { body } = await new Client(stage.url).post('/userauth/exchange', { token });
  const session = {
    userId: body.user.id,
    access: body.access_token,
    refresh: body.refresh_token,
    renewAt: Date.now() + 60_000,
  };
  await page.evaluate(`localStorage.setItem('conclave/session', '${JSON.stringify(session)}')`);
  await page.reload();
  await page.getByRole('navigation', { name: 'Rooms' }).waitFor();
}

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { EXCHANGE_SECRET } from '../support/exchange-token.js';
import { TestApp } from '../support/test-app.js';

interface Example {
  conclaveToken: (
    user: { id: number; email?: string; firstName?: string },
    secret: string,
  ) => string;
}

it('the example in docs/sessions.md signs tokens that are taken', async () => {
  const guide = readFileSync('docs/sessions.md', 'utf8');
  const [, code] = /^## Log-in by exchange\n[^]*?^```js\n([^]*?)^```$/m.exec(guide)!;
  const url = `data:text/javascript,${encodeURIComponent(code)}`;
  const { conclaveToken } = (await import(/* @vite-ignore */ url)) as Example;
  const app = await TestApp.start({ EXCHANGE_SECRET });
  const ada = { id: 7, email: 'ada@example.org', firstName: 'Ada' };
  for (const [user, expected] of [
    [ada, { email: ada.email, fname: 'Ada' }],
    [{ id: 8 }, { email: null, fname: null }],
  ] as const) {
    const token = conclaveToken(user, EXCHANGE_SECRET);
    const { status, body } = await app.anonymous.post('/userauth/exchange', { token });
    expect([status, body.user]).toMatchObject([201, expected]);
  }
  await app.stop();
});

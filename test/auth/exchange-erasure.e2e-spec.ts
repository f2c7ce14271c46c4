import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ErasureTask } from '../../src/erasure/erasure-task.js';
import { type Answer, Client } from '../support/client.js';
import {
  claimsOf,
  exchange,
  EXCHANGE_SECRET,
  nowSeconds,
  signToken,
} from '../support/exchange-token.js';
import { expectInvalid, expectProblem } from '../support/expect-problem.js';
import { HeldRow } from '../support/held-row.js';
import { PASSWORD, TestApp } from '../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start({ EXCHANGE_SECRET });
});
afterAll(() => app.stop());

const newEmail = (): string => `${randomUUID()}@example.org`;
const clientOf = ({ body }: Answer): Client => new Client(app.url, body.access_token);
const erase = (client: Client, proof: object): Promise<Answer> =>
  client.request('DELETE', '/userauth/me', proof);

describe('an erasure of a user of the exchange', () => {
  it('takes a fresh token of the user, and no other', async () => {
    const sub = randomUUID();
    const client = clientOf(await exchange(app, { sub }));
    const iat = nowSeconds() - 200;
    const refused = [
      signToken(),
      signToken(claimsOf({ sub, iat, exp: iat + 60 })),
      signToken(claimsOf({ sub }), { secret: 'x'.repeat(40) }),
      signToken(claimsOf({ sub, aud: 'another' })),
      'not a JWT',
    ];
    for (const token of refused) {
      expectProblem(await erase(client, { token }), 403, 'wrong-token');
    }
    const other = await exchange(app);
    const token = signToken(claimsOf({ sub }));
    expectProblem(await erase(clientOf(other), { token }), 403, 'wrong-token');
    expectProblem(await erase((await app.givenUser()).client, { token }), 403, 'wrong-token');
    expect((await erase(client, { token })).status).toBe(204);
    expect((await client.get('/userauth/me')).status).toBe(401);
  });

  it('asks for one of the two', async () => {
    const token = signToken();
    const { client } = await app.givenUser();
    expectInvalid(await erase(client, {}), 'password');
    expectInvalid(await erase(client, { password: PASSWORD, token }), 'token');
    expectInvalid(await erase(client, { password: PASSWORD, token: null }), 'token');
    expectInvalid(await erase(client, { password: null, token }), 'password', 'token');
    expectInvalid(await erase(client, { token: '' }), 'token');
    expect((await erase(client, { password: PASSWORD })).status).toBe(204);
  });

  it('leaves no identity, and whoever comes back is a new user', async () => {
    const given = { email: newEmail(), fname: 'Ada' };
    const claims = { sub: randomUUID(), ...given };
    const first = await exchange(app, claims);
    const token = signToken(claimsOf(claims));
    expect((await erase(clientOf(first), { token })).status).toBe(204);
    await app.nest.get(ErasureTask).settle();
    const { id } = first.body.user;
    expect(await app.sql('SELECT * FROM identity WHERE subject = ?', [claims.sub])).toEqual([]);
    expect(await app.sql('SELECT * FROM identity WHERE user_id = ?', [id])).toEqual([]);
    const second = await exchange(app, claims);
    expect([second.status, second.body.user]).toMatchObject([201, given]);
    expect(second.body.user.id).not.toBe(id);
  });

  it('by hand that forgets the identity lets its user come back all the same', async () => {
    const sub = randomUUID();
    const { id } = (await exchange(app, { sub })).body.user;
    await app.sql('UPDATE users SET erased_at = 1, cleared_at = 1 WHERE id = ?', [id]);
    const answers = await Promise.all([1, 2, 3].map(() => exchange(app, { sub })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 201]);
    const ids = new Set(answers.map(({ body }) => body.user.id));
    expect([ids.size, ids.has(id)]).toEqual([1, false]);
  });

  it('that comes before an exchange makes it one of a new user', async () => {
    const sub = randomUUID();
    const first = await exchange(app, { sub });
    const { id } = first.body.user;
    const row = await HeldRow.hold(app, 'users', id);
    const erased = erase(clientOf(first), { token: signToken(claimsOf({ sub })) });
    await row.untilWaiting(1);
    const exchanged = exchange(app, { sub });
    await row.untilWaiting(2);
    await row.release();
    expect((await erased).status).toBe(204);
    const { status, body } = await exchanged;
    expect([status, (await clientOf(await exchanged).get('/userauth/me')).body.id]).toEqual([
      201,
      body.user.id,
    ]);
    expect(body.user.id).not.toBe(id);
  });

  it('that comes after an exchange ends its session too', async () => {
    const sub = randomUUID();
    const first = await exchange(app, { sub });
    const row = await HeldRow.hold(app, 'users', first.body.user.id);
    const exchanged = exchange(app, { sub });
    await row.untilWaiting(1);
    const erased = erase(clientOf(first), { token: signToken(claimsOf({ sub })) });
    await row.untilWaiting(2);
    await row.release();
    expect([(await exchanged).status, (await erased).status]).toEqual([200, 204]);
    expect((await clientOf(await exchanged).get('/userauth/me')).status).toBe(401);
  });
});

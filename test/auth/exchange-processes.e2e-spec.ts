import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../support/client.js';
import { exchange, EXCHANGE_SECRET } from '../support/exchange-token.js';
import type { TestApp } from '../support/test-app.js';
import { lacking, TwoApps } from '../support/two-apps.js';

describe.skipIf(lacking)(`on two processes${lacking && ` (${lacking})`}`, () => {
  let apps: TwoApps;
  beforeAll(async () => {
    apps = await TwoApps.start({ EXCHANGE_SECRET });
  });
  afterAll(() => apps.stop());

  /** A machine that does other things too may be asked for more at once than it can do. */
  async function untilAnswered(app: TestApp, fields: object): Promise<Answer> {
    for (;;) {
      const answer = await exchange(app, fields);
      if (answer.status !== 503) return answer;
      await sleep(1000 * Number(answer.headers.get('retry-after')));
    }
  }

  const both = (count: number, fields: (n: number) => object): Promise<Answer[]> =>
    Promise.all(
      Array.from({ length: count }, (_, n) =>
        untilAnswered(n % 2 ? apps.here : apps.there, fields(n)),
      ),
    );

  it('two hundred first exchanges at once make one user', { timeout: 60_000 }, async () => {
    const claims = { sub: randomUUID(), email: `${randomUUID()}@example.org`, fname: 'Ada' };
    const answers = await both(200, () => claims);
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([...Array<number>(199).fill(200), 201]);
    expect(new Set(answers.map(({ body }) => JSON.stringify(body.user))).size).toBe(1);
    const { id } = answers[0].body.user;
    const count = async (table: string): Promise<number> =>
      (await apps.here.sql(`SELECT * FROM ${table} WHERE user_id = ?`, [id])).length;
    expect([await count('identity'), await count('session')]).toEqual([1, 200]);
    expect(await apps.here.sql('SELECT id FROM users')).toHaveLength(1);
    expect(await apps.here.sql('SELECT owner_id FROM wrapped_key')).toEqual([{ owner_id: id }]);
  });

  it('of many who bring one e-mail at once one has it', { timeout: 60_000 }, async () => {
    const email = `${randomUUID()}@example.org`;
    const answers = await both(60, (n) => ({ email: n % 3 ? email : email.toUpperCase() }));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map(({ body }) => body.user.id)).size).toBe(60);
    const had = answers.map(({ body }) => body.user.email).filter((each) => each !== null);
    expect(had.map((each) => each.toLowerCase())).toEqual([email]);
  });
});

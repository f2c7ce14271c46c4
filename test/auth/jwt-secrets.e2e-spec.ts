import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Client } from '../support/client.js';
import { TestApp } from '../support/test-app.js';
import { TestDatabase } from '../support/test-database.js';

const secret = (): string => randomBytes(32).toString('hex');

describe('JWT_SECRET as a list', () => {
  it('signs with the first and takes tokens of every one', async () => {
    const [older, newer] = [secret(), secret()];
    const database = await TestDatabase.create();
    const statusWith = async (JWT_SECRET: string, token: string): Promise<number> => {
      const app = await TestApp.start({ JWT_SECRET }, database);
      const { status } = await new Client(app.url, token).get('/userauth/me');
      await app.close();
      return status;
    };
    const first = await TestApp.start({ JWT_SECRET: older }, database);
    const user = await first.givenUser();
    await first.close();
    expect(await statusWith(`${newer},${older}`, user.accessToken)).toBe(200);

    const rotated = await TestApp.start({ JWT_SECRET: `${newer},${older}` }, database);
    const { body } = await rotated.anonymous.post('/userauth/refresh', {
      refresh_token: user.refreshToken,
    });
    await rotated.close();
    expect(await statusWith(newer, body.access_token)).toBe(200);
    expect(await statusWith(newer, user.accessToken)).toBe(401);
    expect(await statusWith(secret(), body.access_token)).toBe(401);
    await database.drop();
  });
});

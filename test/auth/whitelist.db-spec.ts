import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SessionActivity } from '../../src/auth/session-activity.js';
import { Session } from '../../src/auth/session.entity.js';
import { newPair } from '../../src/auth/token-pair.js';
import { Whitelist } from '../../src/auth/whitelist.js';
import { WhitelistedToken } from '../../src/auth/whitelisted-token.entity.js';
import { Settings } from '../../src/config/settings.js';
import { newId } from '../../src/crypto/ids.js';
import type { EventBus } from '../../src/events/event-bus.js';
import { SendPath } from '../support/send-path.js';

const LEEWAY_SECONDS = 10;
const NOW = new Date();
const PAST = new Date(NOW.getTime() - 1000);
const settings = new Settings({ NODE_ENV: 'test', REFRESH_LEEWAY: `${LEEWAY_SECONDS}s` });

let path: SendPath;
let userId: string;
let session: Session;
let whitelist: Whitelist;
beforeAll(async () => {
  path = await SendPath.open();
  userId = await path.givenUser();
  whitelist = new Whitelist(
    path.database.manager.getRepository(WhitelistedToken),
    path.database,
    settings,
    new SessionActivity(path.database),
    { on: () => undefined } as unknown as EventBus,
  );
});
afterAll(() => path.drop());
beforeEach(async () => {
  const times = { createdAt: NOW, lastUsedAt: NOW, expiresAt: NOW };
  session = { id: newId(), userId, pair: 3, ...times, ip: '192.0.2.1', userAgent: null };
  await path.database.write(({ manager }) => manager.insert(Session, session));
});

/** The pair of this number, of which the access token ends at another time where one is given. */
async function givenPair(pair: number, end?: Date): Promise<WhitelistedToken[]> {
  const { access, refresh } = newPair({ ...session, pair }, NOW, settings);
  if (end) access.expiresAt = end;
  const tokens = [access, refresh];
  await path.database.write(({ manager }) => manager.insert(WhitelistedToken, tokens));
  return tokens;
}

const endOlder = (): Promise<void> =>
  path.database.write((tx) => whitelist.endOlderPairs(tx, session.id, 2));

async function endOf({ jti }: WhitelistedToken): Promise<number> {
  const row = await path.database.manager.findOneByOrFail(WhitelistedToken, { jti });
  return row.expiresAt.getTime();
}

describe('the first use of a pair', () => {
  it('leaves those before it the leeway, and puts off no end', async () => {
    const [access, refresh] = await givenPair(1, PAST);
    const begun = Date.now();
    await endOlder();
    expect(await endOf(access)).toBe(PAST.getTime());
    const left = (await endOf(refresh)) - LEEWAY_SECONDS * 1000;
    expect(left).toBeGreaterThanOrEqual(begun);
    expect(left).toBeLessThanOrEqual(Date.now());
  });

  it('touches neither itself, nor one that came after it', async () => {
    const [same, later] = [await givenPair(2), await givenPair(3)];
    await endOlder();
    for (const token of [...same, ...later]) {
      expect(await endOf(token)).toBe(token.expiresAt.getTime());
    }
  });

  it('is all that is asked for: it need not end them again', async () => {
    const [same, later] = [await givenPair(2), await givenPair(3)];
    await endOlder();
    const rows = await path.database.manager.findBy(WhitelistedToken, { sessionId: session.id });
    const supersedes = ({ jti }: WhitelistedToken): unknown =>
      rows.find((row) => row.jti === jti)?.supersedes;
    expect([...same, ...later].map(supersedes)).toEqual([false, false, true, true]);
  });
});

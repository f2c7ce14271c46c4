import type { EntityManager } from 'typeorm';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { Session } from '../../src/auth/session.entity.js';
import { SessionPurge } from '../../src/auth/session-purge.js';
import { newPair } from '../../src/auth/token-pair.js';
import { WhitelistedToken } from '../../src/auth/whitelisted-token.entity.js';
import { Settings } from '../../src/config/settings.js';
import { newId } from '../../src/crypto/ids.js';
import { SendPath } from '../support/send-path.js';

const settings = new Settings({ NODE_ENV: 'test' });
const [PAST, FUTURE] = [new Date(Date.now() - 1000), new Date(Date.now() + 60_000)];

let path: SendPath;
let userId: string;
let id: string;
beforeAll(async () => {
  path = await SendPath.open();
  userId = await path.givenUser();
});
beforeEach(async () => {
  id = newId();
  const device = { ip: '192.0.2.1', userAgent: null };
  const times = { createdAt: PAST, lastUsedAt: PAST, expiresAt: PAST };
  const session: Session = { id, userId, pair: 1, ...times, ...device };
  const { access, refresh } = newPair(session, PAST, settings);
  await path.database.write(async ({ manager }) => {
    await manager.insert(Session, session);
    await manager.insert(WhitelistedToken, [{ ...access, expiresAt: PAST }, refresh]);
  });
});
afterAll(() => path.drop());

const left = (): Promise<Session | null> => path.database.manager.findOneBy(Session, { id });

it('takes a session that has expired, and its tokens with it', async () => {
  await path.database.write((tx) => new SessionPurge().step(tx));
  expect(await left()).toBeNull();
  expect(await path.database.manager.countBy(WhitelistedToken, { sessionId: id })).toBe(0);
});

it('leaves one that is refreshed once it was found, but for the tokens that have expired', async () => {
  await path.database.write(async (tx) => {
    const { manager } = tx;
    const find = async (entity: typeof Session, page: object): Promise<unknown> => {
      const found = await manager.find(entity, page);
      // As another transaction that commits between the two statements.
      if (entity === Session) await manager.update(Session, id, { expiresAt: FUTURE });
      return found;
    };
    const seen = { find, delete: manager.delete.bind(manager) } as unknown as EntityManager;
    await new SessionPurge().step({ ...tx, manager: seen });
  });
  expect(await left()).toMatchObject({ id });
  const tokens = await path.database.manager.findBy(WhitelistedToken, { sessionId: id });
  expect(tokens.map(({ use }) => use)).toEqual(['refresh']);
});

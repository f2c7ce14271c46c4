import { expect, it, vi } from 'vitest';
import type { AccessTokens } from '../../src/auth/access-tokens.js';
import { CONNECTS_A_MINUTE } from '../../src/auth/rate-limit.guard.js';
import { TooManyRequestsError } from '../../src/common/errors.js';
import { Settings } from '../../src/config/settings.js';
import { newId } from '../../src/crypto/ids.js';
import { RateCounter } from '../../src/rate-limit/rate-counter.js';
import type { RedisClient } from '../../src/redis/redis-client.js';
import { SocketCallers } from '../../src/realtime/socket-callers.js';

const requireClaimsOf = vi.fn((sid: string) => ({ sid }));

it('lets a session connect so many times a minute, and another one none the less', async () => {
  const callers = new SocketCallers(
    { requireClaimsOf } as unknown as AccessTokens,
    new RateCounter({} as RedisClient),
    new Settings({ NODE_ENV: 'test', RATE_LIMIT: 'on' }),
  );
  const [session, other] = [newId(), newId()];
  for (let n = 0; n < CONNECTS_A_MINUTE; n++) {
    expect(await callers.identify(session)).toEqual({ sid: session });
  }
  await expect(callers.identify(session)).rejects.toThrow(TooManyRequestsError);
  expect(await callers.identify(other)).toEqual({ sid: other });
});

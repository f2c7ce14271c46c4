import { Injectable } from '@nestjs/common';
import { RateCounter } from '../rate-limit/rate-counter.js';
import { CONNECTS_A_MINUTE } from '../auth/rate-limit.guard.js';
import { AccessTokens } from '../auth/access-tokens.js';
import type { TokenClaims } from '../auth/token-rules.js';
import { TooManyRequestsError } from '../common/errors.js';
import { Settings } from '../config/settings.js';

/** Who asks to connect over a WebSocket, whose address was counted when it was opened. */
@Injectable()
export class SocketCallers {
  constructor(
    private readonly tokens: AccessTokens,
    private readonly counter: RateCounter,
    private readonly settings: Settings,
  ) {}

  /**
   * What a token says whose signature and expiry are in order. Counts for its session.
   *
   * @throws DeadTokenError, TooManyRequestsError
   */
  async identify(token: unknown): Promise<TokenClaims> {
    const claims = this.tokens.requireClaimsOf(typeof token === 'string' ? token : '');
    if (!this.settings.isRateLimited) return claims;
    const { hits, secondsLeft } = await this.counter.add(`connect:${claims.sid}`, 60);
    if (hits <= CONNECTS_A_MINUTE) return claims;
    throw new TooManyRequestsError('This session opens too many sockets.', secondsLeft);
  }
}

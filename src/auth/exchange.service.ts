import { Injectable, Logger } from '@nestjs/common';
import { UserDto } from '../user/user.dto.js';
import type { User } from '../user/user.entity.js';
import type { SignedInDto } from './auth.dto.js';
import { RefusedTokenError } from './auth.errors.js';
import type { Caller } from './caller.js';
import { type ExchangeClaims, ExchangeTokens } from './exchange-tokens.js';
import { FailedLogIns } from './failed-log-ins.js';
import { Identities } from './identities.js';
import { SessionService } from './session.service.js';
import { TokenService } from './token.service.js';

/** Sessions for users whom the team's own backend vouches for. */
@Injectable()
export class ExchangeService {
  private readonly logger = new Logger('audit');

  constructor(
    private readonly theirTokens: ExchangeTokens,
    private readonly ourTokens: TokenService,
    private readonly identities: Identities,
    private readonly sessions: SessionService,
    private readonly failures: FailedLogIns,
  ) {}

  /** @throws RefusedTokenError, TooManyFailuresError */
  async exchange(
    token: string,
    { device }: Caller,
  ): Promise<{ signedIn: SignedInDto; isNew: boolean }> {
    const claims = await this.read(token, device.ip);
    const { user, isNew, result } = await this.identities.enter(claims, (tx, { id }) =>
      this.sessions.open(tx, id, device),
    );
    const event = isNew ? 'user.signed_up' : 'user.logged_in';
    this.logger.log({ event, user_id: user.id, ip: device.ip, by: 'exchange' });
    const message = isNew ? 'Welcome to Conclave.' : 'Welcome back.';
    const tokens = this.ourTokens.toDto(result);
    return { signedIn: { message, user: UserDto.of(user), ...tokens }, isNew };
  }

  /**
   * Whether a user who is signed in could log in by this token now.
   *
   * @throws TooManyFailuresError
   */
  isOwn(user: User, token: string, { device }: Caller): Promise<boolean> {
    return this.failures.guess(user.id, device.ip, async () => {
      try {
        return await this.identities.isOf(this.theirTokens.read(token).sub, user);
      } catch (error) {
        if (error instanceof RefusedTokenError) return false;
        throw error;
      }
    });
  }

  private async read(token: string, ip: string): Promise<ExchangeClaims> {
    try {
      return this.theirTokens.read(token);
    } catch (error) {
      if (!(error instanceof RefusedTokenError)) throw error;
      await this.failures.note(ip);
      this.logger.warn({ event: 'user.exchange_failed', fault: error.fault, ip });
      throw error;
    }
  }
}

import { Injectable, Logger } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { UserDto } from '../user/user.dto.js';
import type { SignedInDto, SignUpDto } from './auth.dto.js';
import { SignUpClosedError } from './auth.errors.js';
import type { Caller } from './caller.js';
import { NewAccounts } from './new-accounts.js';
import { SessionService } from './session.service.js';
import { TokenService } from './token.service.js';

@Injectable()
export class SignUpService {
  private readonly logger = new Logger('audit');

  constructor(
    private readonly accounts: NewAccounts,
    private readonly sessions: SessionService,
    private readonly tokens: TokenService,
    private readonly settings: Settings,
  ) {}

  /** @throws SignUpClosedError, EmailTakenError, HashingQueueFullError */
  async signUp(dto: SignUpDto, caller: Caller): Promise<SignedInDto> {
    const { device } = caller;
    if (!this.settings.isSignUpOpen) throw new SignUpClosedError();
    const { user, pair } = await this.accounts.make(dto, caller, async (tx, user) => ({
      user,
      pair: await this.sessions.open(tx, user.id, device),
    }));
    this.logger.log({ event: 'user.signed_up', user_id: user.id, ip: device.ip });
    const tokens = this.tokens.toDto(pair);
    return { message: 'Welcome to Conclave.', user: UserDto.of(user), ...tokens };
  }
}

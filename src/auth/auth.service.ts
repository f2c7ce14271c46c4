import { Injectable, Logger } from '@nestjs/common';
import type { AuthUser } from '../http/current-user.js';
import { Database } from '../database/database.js';
import { UserDto } from '../user/user.dto.js';
import { UserService } from '../user/user.service.js';
import type { LogInDto, SignedInDto } from './auth.dto.js';
import { SessionNotFoundError, WrongCredentialsError } from './auth.errors.js';
import type { Caller } from './caller.js';
import { PasswordService } from './password.service.js';
import { SessionService } from './session.service.js';
import { TokenService } from './token.service.js';

const MAX_ATTEMPTS = 3;

@Injectable()
export class AuthService {
  private readonly logger = new Logger('audit');

  constructor(
    private readonly users: UserService,
    private readonly sessions: SessionService,
    private readonly passwords: PasswordService,
    private readonly tokens: TokenService,
    private readonly database: Database,
  ) {}

  /** @throws WrongCredentialsError, TooManyFailuresError, HashingQueueFullError */
  async logIn(dto: LogInDto, caller: Caller, attempt = 1): Promise<SignedInDto> {
    const { device } = caller;
    this.passwords.requireRoom(caller);
    const user = await this.users.findByEmail(dto.email);
    const isRight = await this.passwords.check(user ?? dto.email, dto.password, caller);
    if (!user || !isRight) {
      this.logger.warn({ event: 'user.log_in_failed', user_id: user?.id, ip: device.ip });
      throw new WrongCredentialsError();
    }
    const upgraded = await this.passwords.upgrade(user, dto.password, caller);
    const pair = await this.database.write(async (tx) => {
      const now = await this.users.lockLiving(tx, user.id);
      if (now?.passwordHash !== user.passwordHash) return null;
      if (upgraded !== undefined) await this.users.setHash(tx, user.id, upgraded);
      return this.sessions.open(tx, user.id, device);
    });
    // Erased meanwhile, or with another password, or with the same one, whose hash was upgraded.
    if (!pair && attempt < MAX_ATTEMPTS) return this.logIn(dto, caller, attempt + 1);
    if (!pair) throw new WrongCredentialsError();
    this.logger.log({ event: 'user.logged_in', user_id: user.id, ip: device.ip });
    return { message: 'Welcome back.', user: UserDto.of(user), ...this.tokens.toDto(pair) };
  }

  /** The session may be ended by another request meanwhile, which is as well. */
  async logOut({ id, sessionId }: AuthUser): Promise<void> {
    await this.endSession(id, sessionId).catch((error: unknown) => {
      if (!(error instanceof SessionNotFoundError)) throw error;
    });
  }

  /** @throws SessionNotFoundError */
  async endSession(userId: string, sessionId: string): Promise<void> {
    await this.sessions.end(userId, sessionId);
    this.logger.log({ event: 'session.revoked', user_id: userId, session_id: sessionId });
  }

  async endOtherSessions(user: AuthUser): Promise<void> {
    await this.sessions.endOthers(user);
    this.logger.log({ event: 'session.others_revoked', user_id: user.id });
  }
}

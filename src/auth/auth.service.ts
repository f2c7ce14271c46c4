import { Injectable, Logger } from '@nestjs/common';
import type { AuthUser } from '../common/current-user.js';
import { Database } from '../database/database.js';
import { UserDto } from '../user/user.dto.js';
import { EmailTakenError } from '../user/user.errors.js';
import { UserService } from '../user/user.service.js';
import type { LogInDto, SignedInDto, SignUpDto } from './auth.dto.js';
import { SessionNotFoundError, WrongCredentialsError } from './auth.errors.js';
import { PasswordService } from './password.service.js';
import { type Device, SessionService } from './session.service.js';
import { TokenService } from './token.service.js';

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

  /** @throws EmailTakenError */
  async signUp(dto: SignUpDto, device: Device): Promise<SignedInDto> {
    const { email, password, fname = null, lname = null, profile = null } = dto;
    if (await this.users.findByEmail(email)) throw new EmailTakenError();
    const passwordHash = await this.passwords.hash(password, email, 'password');
    const { user, pair } = await this.database.write(async (manager) => {
      const user = await this.users.create(manager, { email, passwordHash, fname, lname, profile });
      return { user, pair: await this.sessions.open(manager, user.id, device) };
    });
    this.logger.log({ event: 'user.signed_up', user_id: user.id, ip: device.ip });
    const tokens = this.tokens.toDto(pair);
    return { message: 'Welcome to Conclave.', user: UserDto.of(user), ...tokens };
  }

  /** @throws WrongCredentialsError */
  async logIn({ email, password }: LogInDto, device: Device): Promise<SignedInDto> {
    const found = await this.users.findByEmail(email);
    const isRight = await this.passwords.check(found, email, password, device.ip);
    if (!found || !isRight) {
      this.logger.warn({ event: 'user.log_in_failed', user_id: found?.id, ip: device.ip });
      throw new WrongCredentialsError();
    }
    const user = await this.passwords.upgrade(found, password);
    const pair = await this.database.write(async (manager) => {
      // The password may have been changed while this one was checked.
      if (!(await this.users.lockUnchanged(manager, user))) throw new WrongCredentialsError();
      return this.sessions.open(manager, user.id, device);
    });
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

import { Injectable, Logger } from '@nestjs/common';
import { Database } from '../database/database.js';
import { UserDto } from '../user/user.dto.js';
import { EmailTakenError } from '../user/user.errors.js';
import { UserService } from '../user/user.service.js';
import type { LogInDto, SignedInDto, SignUpDto } from './auth.dto.js';
import { WrongCredentialsError } from './auth.errors.js';
import { PasswordHasher } from './password-hasher.js';
import { type Device, SessionService } from './session.service.js';

@Injectable()
export class AuthService {
  private readonly logger = new Logger('audit');

  constructor(
    private readonly users: UserService,
    private readonly sessions: SessionService,
    private readonly passwords: PasswordHasher,
    private readonly database: Database,
  ) {}

  async signUp(dto: SignUpDto, device: Device): Promise<SignedInDto> {
    const { email, password, fname = null, lname = null, profile = null } = dto;
    if (await this.users.findByEmail(email)) throw new EmailTakenError();
    const passwordHash = await this.passwords.hash(password);
    const { user, tokens } = await this.database.write(async (manager) => {
      const user = await this.users.create(manager, { email, passwordHash, fname, lname, profile });
      return { user, tokens: await this.sessions.open(manager, user.id, device) };
    });
    this.logger.log({ event: 'user.signed_up', user_id: user.id, ip: device.ip });
    return { message: 'Welcome to Conclave.', user: UserDto.of(user), ...tokens };
  }

  async logIn({ email, password }: LogInDto, device: Device): Promise<SignedInDto> {
    const user = await this.users.findByEmail(email);
    const isRight = await this.passwords.verify(password, user?.passwordHash);
    if (!user || !isRight) {
      this.logger.warn({ event: 'user.log_in_failed', user_id: user?.id, ip: device.ip });
      throw new WrongCredentialsError();
    }
    if (this.passwords.isOutdated(user.passwordHash)) {
      await this.users.upgradeHash(user, await this.passwords.hash(password));
    }
    const tokens = await this.database.write((manager) =>
      this.sessions.open(manager, user.id, device),
    );
    this.logger.log({ event: 'user.logged_in', user_id: user.id, ip: device.ip });
    return { message: 'Welcome back.', user: UserDto.of(user), ...tokens };
  }
}

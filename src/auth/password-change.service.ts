import { Injectable, Logger } from '@nestjs/common';
import type { AuthUser } from '../http/current-user.js';
import { Database } from '../database/database.js';
import type { User } from '../user/user.entity.js';
import { AccountGoneError } from '../user/user.errors.js';
import { UserService } from '../user/user.service.js';
import type { ChangePasswordDto } from './auth.dto.js';
import { WrongPasswordError } from './auth.errors.js';
import type { Caller } from './caller.js';
import { PasswordService } from './password.service.js';
import { SessionService } from './session.service.js';

@Injectable()
export class PasswordChangeService {
  private readonly logger = new Logger('audit');

  constructor(
    private readonly users: UserService,
    private readonly passwords: PasswordService,
    private readonly sessions: SessionService,
    private readonly database: Database,
  ) {}

  /**
   * Sets another password and ends every other session.
   *
   * @throws NoPasswordError, WrongPasswordError, AccountGoneError, InvalidInputError
   */
  async change(me: AuthUser, dto: ChangePasswordDto, caller: Caller): Promise<void> {
    const { ip } = caller.device;
    const user = await this.users.require(me.id);
    if (!(await this.passwords.checkOwn(user, dto.current_password, caller))) {
      this.logger.warn({ event: 'user.password_change_failed', user_id: me.id, ip });
      throw new WrongPasswordError();
    }
    const hash = await this.passwords.hash(dto.new_password, user, 'new_password', caller);
    const ended = await this.database.write(async (tx) => {
      const now = await this.users.lockLiving(tx, user.id);
      if (!now) throw new AccountGoneError();
      if (now.passwordHash !== user.passwordHash) throw new WrongPasswordError();
      await this.users.setHash(tx, user.id, hash);
      return this.sessions.deleteOthers(tx, user.id, me.sessionId);
    });
    this.sessions.announce(ended);
    this.logger.log({ event: 'user.password_changed', user_id: me.id, ip });
  }

  /**
   * Sets a password for who runs the server, whatever it was, and ends every session.
   *
   * @returns how many ended
   * @throws AccountGoneError, InvalidInputError, HashingQueueFullError
   */
  async reset(user: User, password: string, caller: Caller): Promise<number> {
    const hash = await this.passwords.hash(password, user, 'password', caller);
    const ended = await this.database.write(async (tx) => {
      await this.users.setHash(tx, user.id, hash);
      return this.sessions.deleteOthers(tx, user.id);
    });
    this.sessions.announce(ended);
    return ended.length;
  }
}

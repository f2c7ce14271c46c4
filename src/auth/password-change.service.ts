import { Injectable, Logger } from '@nestjs/common';
import type { AuthUser } from '../common/current-user.js';
import { Database } from '../database/database.js';
import { UserService } from '../user/user.service.js';
import type { ChangePasswordDto } from './auth.dto.js';
import { WrongPasswordError } from './auth.errors.js';
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

  /** Sets another password and ends every other session. @throws WrongPasswordError */
  async change(me: AuthUser, dto: ChangePasswordDto, ip: string): Promise<void> {
    const user = await this.users.require(me.id);
    if (!(await this.passwords.check(user, user.email, dto.current_password, ip))) {
      this.logger.warn({ event: 'user.password_change_failed', user_id: me.id, ip });
      throw new WrongPasswordError();
    }
    const hash = await this.passwords.hash(dto.new_password, user.email, 'new_password');
    const ended = await this.database.write(async (manager) => {
      if (!(await this.users.lockUnchanged(manager, user))) throw new WrongPasswordError();
      await this.users.setHash(manager, user.id, hash);
      return this.sessions.deleteOthers(manager, user.id, me.sessionId);
    });
    this.sessions.announce(ended);
    this.logger.log({ event: 'user.password_changed', user_id: me.id, ip });
  }
}

import { Injectable, Logger } from '@nestjs/common';
import { WrongPasswordError } from '../auth/auth.errors.js';
import { PasswordService } from '../auth/password.service.js';
import type { AuthUser } from '../common/current-user.js';
import { UserService } from '../user/user.service.js';
import { AccountEraser } from './account-eraser.js';
import { ErasureNews } from './erasure-news.js';
import { ErasureTask } from './erasure-task.js';

/** Erases an account: at once for everyone who looks, in the background from every row. */
@Injectable()
export class ErasureService {
  private readonly logger = new Logger('audit');

  constructor(
    private readonly users: UserService,
    private readonly passwords: PasswordService,
    private readonly eraser: AccountEraser,
    private readonly news: ErasureNews,
    private readonly task: ErasureTask,
  ) {}

  /** @throws WrongPasswordError */
  async erase(me: AuthUser, password: string, ip: string): Promise<void> {
    const user = await this.users.require(me.id);
    if (!(await this.passwords.check(user, user.email, password, ip))) {
      throw new WrongPasswordError();
    }
    const erased = await this.eraser.erase(me.id);
    this.logger.log({ event: 'user.erased', user_id: me.id, ip });
    this.task.start(me.id);
    await this.news.spread(me.id, erased);
  }
}

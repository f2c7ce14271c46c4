import { Injectable, Logger } from '@nestjs/common';
import { WrongPasswordError, WrongTokenError } from '../auth/auth.errors.js';
import type { Caller } from '../auth/caller.js';
import { ExchangeService } from '../auth/exchange.service.js';
import { PasswordService } from '../auth/password.service.js';
import type { AuthUser } from '../http/current-user.js';
import type { User } from '../user/user.entity.js';
import { UserService } from '../user/user.service.js';
import { AccountEraser } from './account-eraser.js';
import type { EraseMeDto } from './erasure.dto.js';
import { ErasureNews } from './erasure-news.js';

/** Erases an account: at once for everyone who looks, in the background from every row. */
@Injectable()
export class ErasureService {
  private readonly logger = new Logger('audit');

  constructor(
    private readonly users: UserService,
    private readonly passwords: PasswordService,
    private readonly exchanges: ExchangeService,
    private readonly eraser: AccountEraser,
    private readonly news: ErasureNews,
  ) {}

  /** @throws NoPasswordError, WrongPasswordError, WrongTokenError, AccountGoneError */
  async erase(me: AuthUser, proof: EraseMeDto, caller: Caller): Promise<void> {
    const user = await this.users.require(me.id);
    await this.requireProof(user, proof, caller);
    await this.eraseAnyway(user);
    this.logger.log({ event: 'user.erased', user_id: me.id, ip: caller.device.ip });
  }

  /** Without proof, for who runs the server. @throws AccountGoneError, WrongPasswordError when it has just changed */
  async eraseAnyway(user: User): Promise<void> {
    await this.news.spread(user.id, await this.eraser.erase(user));
  }

  private async requireProof(
    user: User,
    { password, token = '' }: EraseMeDto,
    caller: Caller,
  ): Promise<void> {
    if (password === undefined) {
      if (!(await this.exchanges.isOwn(user, token, caller))) throw new WrongTokenError();
    } else if (!(await this.passwords.checkOwn(user, password, caller))) {
      throw new WrongPasswordError();
    }
  }
}

import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import type { Transaction } from '../database/transaction.js';
import type { User } from '../user/user.entity.js';
import { EmailTakenError } from '../user/user.errors.js';
import { UserService } from '../user/user.service.js';
import type { SignUpDto } from './auth.dto.js';
import type { Caller } from './caller.js';
import { PasswordService } from './password.service.js';

/** Makes accounts by one set of rules: for those who sign up, and for who runs the server. */
@Injectable()
export class NewAccounts {
  constructor(
    private readonly users: UserService,
    private readonly passwords: PasswordService,
    private readonly database: Database,
  ) {}

  /**
   * @param finish what the same transaction does with the new user, and answers
   * @throws EmailTakenError, InvalidInputError for an easy password, HashingQueueFullError
   */
  async make<T>(
    dto: SignUpDto,
    caller: Caller,
    finish: (tx: Transaction, user: User) => T | Promise<T>,
  ): Promise<T> {
    const { email, password, fname = null, lname = null, profile = null } = dto;
    this.passwords.requireRoom(caller);
    if (await this.users.findByEmail(email)) throw new EmailTakenError();
    const owner = { email, fname, lname };
    const passwordHash = await this.passwords.hash(password, owner, 'password', caller);
    return this.database.write(async (tx) => {
      const user = await this.users.create(tx, { ...owner, passwordHash, profile });
      return finish(tx, user);
    });
  }
}

import { Injectable } from '@nestjs/common';
import { NO_PASSWORD, type User } from '../user/user.entity.js';
import { HashingQueueFullError, NoPasswordError } from './auth.errors.js';
import type { Caller } from './caller.js';
import { FailedLogIns } from './failed-log-ins.js';
import { PasswordHasher } from './password-hasher.js';
import { type PasswordOwner, PasswordRules } from './password-rules.js';

/** Passwords as log-in, sign-up and their change need them: checked, judged, hashed. */
@Injectable()
export class PasswordService {
  constructor(
    private readonly hasher: PasswordHasher,
    private readonly rules: PasswordRules,
    private readonly failures: FailedLogIns,
  ) {}

  /** Before anything is looked up for a caller to be refused. @throws HashingQueueFullError */
  requireRoom(caller: Caller): void {
    this.hasher.requireRoom(caller);
  }

  /**
   * Whether it is the user's password; of an e-mail that nobody has it is none, at the same cost.
   *
   * @throws TooManyFailuresError, HashingQueueFullError
   */
  check(userOrEmail: User | string, password: string, caller: Caller): Promise<boolean> {
    const [account, hash] =
      typeof userOrEmail === 'string'
        ? [userOrEmail.toLowerCase()]
        : [userOrEmail.id, userOrEmail.passwordHash];
    return this.failures.guess(account, caller.device.ip, () =>
      this.hasher.verify(password, hash, caller),
    );
  }

  /**
   * Whether it is the password of a user who is signed in.
   *
   * @throws NoPasswordError, TooManyFailuresError, HashingQueueFullError
   */
  async checkOwn(user: User, password: string, caller: Caller): Promise<boolean> {
    if (user.passwordHash === NO_PASSWORD) throw new NoPasswordError();
    return this.check(user, password, caller);
  }

  /**
   * The hash of a new password.
   *
   * @param field what it is called in the request
   * @throws InvalidInputError when it is too easy to guess
   * @throws HashingQueueFullError
   */
  async hash(
    password: string,
    owner: PasswordOwner,
    field: string,
    caller: Caller,
  ): Promise<string> {
    await this.rules.require(password, owner, field);
    return this.hasher.hash(password, caller);
  }

  /**
   * A hash that takes as much work as the setting asks for now, where the user's takes less. When there
   * is no time for it, the next log-in will do.
   */
  async upgrade(user: User, password: string, caller: Caller): Promise<string | undefined> {
    if (!this.hasher.isOutdated(user.passwordHash)) return undefined;
    try {
      return await this.hasher.hash(password, caller);
    } catch (error) {
      if (error instanceof HashingQueueFullError) return undefined;
      throw error;
    }
  }
}

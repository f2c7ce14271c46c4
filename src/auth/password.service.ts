import { Injectable } from '@nestjs/common';
import type { User } from '../user/user.entity.js';
import { UserService } from '../user/user.service.js';
import { FailedLogIns } from './failed-log-ins.js';
import { PasswordHasher } from './password-hasher.js';
import { PasswordRules } from './password-rules.js';

/** Passwords as log-in, sign-up and their change need them: checked, judged, hashed. */
@Injectable()
export class PasswordService {
  constructor(
    private readonly hasher: PasswordHasher,
    private readonly rules: PasswordRules,
    private readonly failures: FailedLogIns,
    private readonly users: UserService,
  ) {}

  /**
   * Whether it is the user's password; of no user it is none, at the same cost.
   *
   * @throws TooManyFailuresError
   */
  check(user: User | null, email: string, password: string, ip: string): Promise<boolean> {
    const account = user?.id ?? email.toLowerCase();
    return this.failures.guess(account, ip, () => this.hasher.verify(password, user?.passwordHash));
  }

  /**
   * The hash of a new password.
   *
   * @param field what it is called in the request
   * @throws InvalidInputError when it is too easy to guess
   */
  async hash(password: string, email: string, field: string): Promise<string> {
    this.rules.require(password, email, field);
    return this.hasher.hash(password);
  }

  /** The user with a hash that takes as much work as the setting asks for now. */
  async upgrade(user: User, password: string): Promise<User> {
    if (!this.hasher.isOutdated(user.passwordHash)) return user;
    const passwordHash = await this.hasher.hash(password);
    const isUpgraded = await this.users.replaceHash(user, passwordHash);
    return isUpgraded ? { ...user, passwordHash } : user;
  }
}

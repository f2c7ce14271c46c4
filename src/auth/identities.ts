import { Injectable } from '@nestjs/common';
import { UnavailableError } from '../common/errors.js';
import { Database } from '../database/database.js';
import { isUniqueViolation } from '../database/query-errors.js';
import type { Transaction } from '../database/transaction.js';
import { NO_PASSWORD, type User } from '../user/user.entity.js';
import { EmailTakenError } from '../user/user.errors.js';
import { UserService } from '../user/user.service.js';
import type { ExchangeClaims } from './exchange-tokens.js';
import { Identity } from './identity.entity.js';

const MAX_ATTEMPTS = 5;

interface Known {
  user: User;
  identity: Identity;
}

export interface Entered<T> {
  user: User;
  isNew: boolean;
  /** What was done with the user. */
  result: T;
}

/** Users as the team's own backend knows them. */
@Injectable()
export class Identities {
  constructor(
    private readonly users: UserService,
    private readonly database: Database,
  ) {}

  /**
   * The user of a token, made on first sight. Begins anew where another request was first with this
   * user, or with their e-mail.
   *
   * @param finish what the same transaction does with the user
   */
  async enter<T>(
    claims: ExchangeClaims,
    finish: (tx: Transaction, user: User) => Promise<T>,
    attempt = 1,
  ): Promise<Entered<T>> {
    if (attempt > MAX_ATTEMPTS) throw new UnavailableError('This account is changing. Try again.');
    try {
      return await this.database.write(async (tx) => {
        const known = await this.lock(tx, claims.sub);
        const { user, identity } = known ?? (await this.make(tx, claims));
        await this.fill(tx, user, identity, claims);
        return { user, isNew: !known, result: await finish(tx, user) };
      });
    } catch (error) {
      if (!(error instanceof EmailTakenError) && !isUniqueViolation(error)) throw error;
      return this.enter(claims, finish, attempt + 1);
    }
  }

  /** Whether a token of this subject is one of the user's. */
  async isOf(subject: string, { id: userId }: User): Promise<boolean> {
    const found = await this.database.manager.findOneBy(Identity, { subject, userId });
    return found !== null;
  }

  /** What leads to an account that has ended goes: exactly that, since another one may have come. */
  private async lock(tx: Transaction, subject: string): Promise<Known | null> {
    const identity = await tx.manager.findOneBy(Identity, { subject });
    const user = identity && (await this.users.lockLiving(tx, identity.userId));
    if (user) return { user, identity };
    if (identity) await tx.manager.delete(Identity, { subject, userId: identity.userId });
    return null;
  }

  private async make(tx: Transaction, claims: ExchangeClaims): Promise<Known> {
    const { sub: subject, fname = null, lname = null } = claims;
    const profile = { email: null, fname, lname, profile: null };
    const user = await this.users.create(tx, { ...profile, passwordHash: NO_PASSWORD });
    const gave = { gaveFname: fname !== null, gaveLname: lname !== null };
    const identity = { subject, userId: user.id, ...gave };
    await tx.manager.insert(Identity, identity);
    return { user, identity };
  }

  /** Each name fills an empty field once; an e-mail where it is free, and never another account. */
  private async fill(
    tx: Transaction,
    user: User,
    { subject, gaveFname, gaveLname }: Identity,
    { email, fname, lname }: ExchangeClaims,
  ): Promise<void> {
    const fields: Partial<User> = {
      ...(fname && !gaveFname && user.fname === null && { fname }),
      ...(lname && !gaveLname && user.lname === null && { lname }),
      ...(email && user.email === null && (await this.users.isFree(tx, email)) && { email }),
    };
    if (Object.keys(fields).length > 0) await this.users.fill(tx, user, fields);
    const given = {
      ...(fname && !gaveFname && { gaveFname: true }),
      ...(lname && !gaveLname && { gaveLname: true }),
    };
    if (Object.keys(given).length > 0) await tx.manager.update(Identity, subject, given);
    Object.assign(user, fields);
  }
}

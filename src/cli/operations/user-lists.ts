import { Injectable } from '@nestjs/common';
import { IsNull, MoreThan } from 'typeorm';
import { Identity } from '../../auth/identity.entity.js';
import { Session } from '../../auth/session.entity.js';
import { type Page, pageOf } from '../../common/page.js';
import { Database } from '../../database/database.js';
import { NO_PASSWORD, User } from '../../user/user.entity.js';
import { Accounts } from './accounts.js';
import { type Given, rangeOf, type Table } from './given.js';

export interface ListedUser {
  id: string;
  email: string | null;
  fname: string | null;
  lname: string | null;
  created_at: Date;
}

export interface ShownUser extends ListedUser {
  /** Whether they can log in with one. */
  has_password: boolean;
  /** Who they are to the team's own backend. */
  subject: string | null;
  sessions: number;
  rooms: number;
}

/** Accounts, as an operator looks at them. */
@Injectable()
export class UserLists {
  readonly table: Table = {
    'users.list': (given) => this.list(given),
    'users.show': (given) => this.show(given),
  };

  constructor(
    private readonly database: Database,
    private readonly accounts: Accounts,
  ) {}

  private async list(given: Given): Promise<Page<ListedUser>> {
    const { after, limit } = rangeOf(given);
    const users = await this.database.manager.find(User, {
      where: { id: MoreThan(after), erasedAt: IsNull() },
      order: { id: 'ASC' },
      take: limit + 1,
    });
    return pageOf(users.map(listed), limit);
  }

  private async show(given: Given): Promise<ShownUser> {
    const user = await this.accounts.require(given);
    const { manager } = this.database;
    const living = { userId: user.id, expiresAt: MoreThan(new Date()) };
    const [sessions, identity] = await Promise.all([
      manager.countBy(Session, living),
      manager.findOneBy(Identity, { userId: user.id }),
    ]);
    return {
      ...listed(user),
      has_password: user.passwordHash !== NO_PASSWORD,
      subject: identity?.subject ?? null,
      sessions,
      rooms: user.roomCount,
    };
  }
}

function listed({ id, email, fname, lname, createdAt }: User): ListedUser {
  return { id, email, fname, lname, created_at: createdAt };
}

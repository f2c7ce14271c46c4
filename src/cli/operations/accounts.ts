import { Injectable } from '@nestjs/common';
import { IsNull } from 'typeorm';
import { Identity } from '../../auth/identity.entity.js';
import { Database } from '../../database/database.js';
import { User } from '../../user/user.entity.js';
import { UserService } from '../../user/user.service.js';
import { type Given, refuse, requireId, textOf } from './given.js';

const SUBJECT = 'subject:';

/** Finds accounts as an operator names them. */
@Injectable()
export class Accounts {
  constructor(
    private readonly users: UserService,
    private readonly database: Database,
  ) {}

  /** By e-mail, by id, or by `subject:` and who they are to the team's own backend. @throws InvalidInputError */
  async require(given: Given): Promise<User> {
    const name = textOf(given, 'user');
    const user = await this.find(name);
    return user ?? refuse('user', `is nobody's e-mail, id or subject: ${name}`);
  }

  private async find(name: string): Promise<User | null> {
    if (name.startsWith(SUBJECT)) return this.findBySubject(name.slice(SUBJECT.length));
    if (name.includes('@')) return this.users.findByEmail(name);
    return this.findById(requireId(name, 'user'));
  }

  private async findBySubject(subject: string): Promise<User | null> {
    const identity = await this.database.manager.findOneBy(Identity, { subject });
    return identity && this.findById(identity.userId);
  }

  private findById(id: string): Promise<User | null> {
    return this.database.manager.findOneBy(User, { id, erasedAt: IsNull() });
  }
}

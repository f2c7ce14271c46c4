import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { IsNull, Repository } from 'typeorm';
import { InvalidInputError } from '../common/errors.js';
import { newId } from '../crypto/ids.js';
import { Database } from '../database/database.js';
import { isUniqueViolation } from '../database/query-errors.js';
import { BatchLoader } from '../database/batch-loader.js';
import type { Reads, Transaction } from '../database/transaction.js';
import { EventBus } from '../events/event-bus.js';
import { OwnerKeys } from '../encryption/owner-keys.js';
import { findPeople, holdLiving } from './people.js';
import { ProfileDto, type UpdateMeDto, UserDto, type UserQuery } from './user.dto.js';
import { type Person, User } from './user.entity.js';
import { AccountGoneError, EmailTakenError, UserNotFoundError } from './user.errors.js';

export type NewUser = Pick<User, 'email' | 'passwordHash' | 'fname' | 'lname' | 'profile'>;

@Injectable()
export class UserService {
  private readonly stored = new BatchLoader((ids: string[]) => findPeople(this.database, ids));

  constructor(
    @InjectRepository(User) private readonly users: Repository<User>,
    private readonly database: Database,
    private readonly keys: OwnerKeys,
    private readonly bus: EventBus,
  ) {}

  /** Makes a user and their author key. @throws EmailTakenError */
  async create(tx: Transaction, fields: NewUser): Promise<User> {
    const user: User = {
      ...fields,
      id: newId(),
      emailKey: fields.email === null ? null : emailKey(fields.email),
      createdAt: new Date(),
      erasedAt: null,
      clearedAt: null,
      roomCount: 0,
      invitedCount: 0,
      attachmentBytes: 0,
      uploadCount: 0,
    };
    await tx.manager.insert(User, user).catch(refuseTaken);
    await this.keys.create(tx, user.id, 'author');
    return user;
  }

  findByEmail(email: string): Promise<User | null> {
    return this.users.findOneBy({ emailKey: emailKey(email) });
  }

  async require(id: string): Promise<User> {
    const user = await this.users.findOneBy({ id, erasedAt: IsNull() });
    if (!user) throw new AccountGoneError();
    return user;
  }

  async me(id: string): Promise<UserDto> {
    return UserDto.of(await this.require(id));
  }

  /** What everybody sees of a user. @throws UserNotFoundError */
  async profile(id: string): Promise<ProfileDto> {
    const user = (await this.byId([id])).get(id);
    if (!user || user.erasedAt) throw new UserNotFoundError();
    return ProfileDto.of(user);
  }

  /** The one user with exactly this e-mail, or those of these ids who have an account. */
  async search({ email, ids }: UserQuery): Promise<ProfileDto[]> {
    if ((email === undefined) === (ids === undefined)) {
      throw new InvalidInputError([{ field: 'email', messages: ['Give either email or ids'] }]);
    }
    if (ids) return this.living(ids);
    const user = await this.findByEmail(email!);
    return user ? [ProfileDto.of(user)] : [];
  }

  /**
   * Makes sure that the caller has an account, and keeps it until the transaction ends: since the
   * guard saw them, it may have ended.
   *
   * @throws AccountGoneError
   */
  async requireActive(tx: Transaction, callerId: string): Promise<void> {
    const living = await holdLiving(tx, [callerId]);
    if (!living.has(callerId)) throw new AccountGoneError();
  }

  /** Tells of it where anything is another one than before. @throws AccountGoneError */
  async updateMe(id: string, dto: UpdateMeDto): Promise<UserDto> {
    const { fname, lname, profile } = dto;
    const given = Object.entries({ fname, lname, profile }).filter(
      ([, value]) => value !== undefined,
    ) as [keyof UpdateMeDto, string | null][];
    if (given.length === 0) {
      const messages = ['Give at least one of fname, lname and profile'];
      throw new InvalidInputError([{ field: 'body', messages }]);
    }
    return this.database.write(async (tx) => {
      const user = await this.lockLiving(tx, id);
      if (!user) throw new AccountGoneError();
      const changes = given.filter(([field, value]) => user[field] !== value);
      if (changes.length > 0) {
        await this.change(tx, id, Object.fromEntries(changes));
        this.tellWith(tx, id);
      }
      return UserDto.of({ ...user, ...Object.fromEntries(changes) });
    });
  }

  /** @throws AccountGoneError */
  setHash(tx: Transaction, id: string, passwordHash: string): Promise<void> {
    return this.change(tx, id, { passwordHash });
  }

  /** Whether nobody has this e-mail, as far as the transaction sees. */
  async isFree(tx: Transaction, email: string): Promise<boolean> {
    return !(await tx.manager.existsBy(User, { emailKey: emailKey(email) }));
  }

  /** Gives a user what they have none of, and tells of names. @throws EmailTakenError, AccountGoneError */
  async fill(
    tx: Transaction,
    { id }: User,
    fields: Partial<Pick<User, 'email' | 'fname' | 'lname'>>,
  ): Promise<void> {
    const { email, ...names } = fields;
    const key = email ? { emailKey: emailKey(email) } : {};
    await this.change(tx, id, { ...fields, ...key }).catch(refuseTaken);
    if (Object.keys(names).length > 0) this.tellWith(tx, id);
  }

  /** A user who is there, and stays as they are until the transaction ends. */
  lockLiving(tx: Transaction, id: string): Promise<User | null> {
    return tx.manager.findOne(User, { where: { id, erasedAt: IsNull() }, ...tx.rowLock() });
  }

  /** What is shown of users, by id; of erased ones too. */
  byId(ids: string[], reads?: Reads): Promise<Map<string, Person>> {
    const distinct = [...new Set(ids)];
    return reads ? findPeople(reads, distinct) : this.stored.find(distinct);
  }

  /** What is shown of users beside what they did, by id. */
  async profiles(ids: string[]): Promise<Map<string, ProfileDto>> {
    const users = await this.byId(ids);
    return new Map([...users].map(([id, user]) => [id, ProfileDto.of(user)]));
  }

  private async living(ids: string[]): Promise<ProfileDto[]> {
    const found = await this.byId(ids);
    return [...new Set(ids)].flatMap((id) => {
      const user = found.get(id);
      return user && !user.erasedAt ? ProfileDto.of(user) : [];
    });
  }

  private tellWith(tx: Transaction, userId: string): void {
    tx.onCommit(() => this.bus.publish({ type: 'profile.changed', userId }));
  }

  /** The caller may have been erased since the guard saw them: nothing is written into what is left. */
  private async change(tx: Transaction, id: string, to: Partial<User>): Promise<void> {
    const { affected } = await tx.manager.update(User, { id, erasedAt: IsNull() }, to);
    if (affected === 0) throw new AccountGoneError();
  }
}

function refuseTaken(error: unknown): never {
  throw isUniqueViolation(error) ? new EmailTakenError() : error;
}

function emailKey(email: string): string {
  return email.normalize('NFC').toLowerCase();
}

import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { EntityManager, IsNull, Repository } from 'typeorm';
import { InvalidInputError } from '../common/errors.js';
import { newId } from '../common/ids.js';
import { Database } from '../database/database.js';
import { runSql } from '../database/plain-sql.js';
import { isUniqueViolation } from '../database/query-errors.js';
import { SharedLookUp } from '../database/shared-look-up.js';
import { rowLock } from '../database/row-lock.js';
import { OwnerKeys } from '../encryption/owner-keys.js';
import { ProfileDto, type UpdateMeDto, UserDto } from './user.dto.js';
import { type Person, User } from './user.entity.js';
import { AccountGoneError, EmailTakenError, UserNotFoundError } from './user.errors.js';

export type NewUser = Pick<User, 'passwordHash' | 'fname' | 'lname' | 'profile'> & {
  email: string;
};

@Injectable()
export class UserService {
  private readonly stored = new SharedLookUp(async (ids) =>
    byId(await findPeople(this.users.manager, ids)),
  );

  constructor(
    @InjectRepository(User) private readonly users: Repository<User>,
    private readonly database: Database,
    private readonly keys: OwnerKeys,
  ) {}

  /** Makes a user and their author key. @throws EmailTakenError */
  async create(manager: EntityManager, fields: NewUser): Promise<User> {
    const user: User = {
      ...fields,
      id: newId(),
      emailKey: emailKey(fields.email),
      createdAt: new Date(),
      erasedAt: null,
      clearedAt: null,
    };
    try {
      await manager.insert(User, user);
    } catch (error) {
      throw isUniqueViolation(error) ? new EmailTakenError() : error;
    }
    await this.keys.create(manager, user.id, 'author');
    return user;
  }

  findByEmail(email: string): Promise<User | null> {
    return this.users.findOneBy({ emailKey: emailKey(email) });
  }

  async require(id: string): Promise<User & { email: string }> {
    const user = await this.users.findOneBy({ id, erasedAt: IsNull() });
    if (!user) throw new AccountGoneError();
    return user as User & { email: string };
  }

  async me(id: string): Promise<UserDto> {
    return UserDto.of(await this.require(id));
  }

  /** What everybody sees of a user. @throws UserNotFoundError */
  async profile(id: string): Promise<ProfileDto> {
    const user = await this.users.findOneBy({ id, erasedAt: IsNull() });
    if (!user) throw new UserNotFoundError();
    return ProfileDto.of(user);
  }

  /** The users with exactly this e-mail: one or none. */
  async search(email: string): Promise<ProfileDto[]> {
    const user = await this.findByEmail(email);
    return user ? [ProfileDto.of(user)] : [];
  }

  /**
   * Makes sure that the caller, and whom they name, are there and stay until the transaction ends:
   * since the guard saw them, the caller may have been erased.
   *
   * @throws AccountGoneError, UserNotFoundError
   */
  async requireActive(manager: EntityManager, callerId: string, otherId = callerId): Promise<void> {
    const active = await this.active(manager, [callerId, otherId]);
    if (!active.has(callerId)) throw new AccountGoneError();
    if (!active.has(otherId)) throw new UserNotFoundError();
  }

  /** Those who are there, by id; they stay until the transaction ends. */
  async active(manager: EntityManager, ids: string[]): Promise<Map<string, Person>> {
    const people = await findPeople(manager, [...new Set(ids)], 'FOR KEY SHARE');
    return byId(people.filter(({ erasedAt }) => erasedAt === null));
  }

  async updateMe(id: string, changes: UpdateMeDto): Promise<UserDto> {
    const { fname, lname, profile } = changes;
    const given = Object.entries({ fname, lname, profile }).filter(
      ([, value]) => value !== undefined,
    );
    if (given.length === 0) {
      const messages = ['Give at least one of fname, lname and profile'];
      throw new InvalidInputError([{ field: 'body', messages }]);
    }
    await this.database.write((manager) =>
      manager.update(User, id, Object.fromEntries(given) as Partial<User>),
    );
    return this.me(id);
  }

  /** Replaces a stored hash, unless it was changed meanwhile; answers whether it did. */
  async replaceHash({ id, passwordHash: old }: User, passwordHash: string): Promise<boolean> {
    const { affected } = await this.database.write((manager) =>
      manager.update(User, { id, passwordHash: old }, { passwordHash }),
    );
    return affected === 1;
  }

  async setHash(manager: EntityManager, id: string, passwordHash: string): Promise<void> {
    await manager.update(User, id, { passwordHash });
  }

  /** Locks the user's row; answers whether their password is still the one that was read. */
  async lockUnchanged(manager: EntityManager, { id, passwordHash }: User): Promise<boolean> {
    const user = await manager.findOne(User, {
      where: { id },
      ...rowLock(manager),
    });
    return user?.passwordHash === passwordHash;
  }

  /** What is shown of users, by id; of erased ones too. */
  async byId(ids: string[], manager?: EntityManager): Promise<Map<string, Person>> {
    const distinct = [...new Set(ids)];
    return manager ? byId(await findPeople(manager, distinct)) : this.stored.find(distinct);
  }

  /** What is shown of users beside what they did, by id. */
  async profiles(ids: string[]): Promise<Map<string, ProfileDto>> {
    const users = await this.byId(ids);
    return new Map([...users].map(([id, user]) => [id, ProfileDto.of(user)]));
  }
}

type PersonRow = [
  id: string,
  fname: string | null,
  lname: string | null,
  profile: string | null,
  erasedAt: string | number | null,
];

/** Without what nobody is shown: their password's hash stays where it is. */
async function findPeople(manager: EntityManager, ids: string[], lock = ''): Promise<Person[]> {
  const sql = `SELECT id, fname, lname, profile, erased_at FROM users WHERE id IN ? ${lock}`;
  const rows = await runSql<PersonRow>(manager, sql, [ids]);
  return rows.map(([id, fname, lname, profile, erasedAt]) => ({
    id,
    fname,
    lname,
    profile,
    erasedAt: erasedAt === null ? null : new Date(Number(erasedAt)),
  }));
}

function byId(people: Person[]): Map<string, Person> {
  return new Map(people.map((person) => [person.id, person]));
}

function emailKey(email: string): string {
  return email.normalize('NFC').toLowerCase();
}

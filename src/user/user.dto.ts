import { IsOptional } from '../http/class-validator.js';
import { IsEmailAddress, IsName, IsQueryIds, IsText, MayBeLeftOut } from '../http/validators.js';
import type { User } from './user.entity.js';

/** What users tell of themselves; `null` or left out: nothing. */
export class ProfileFieldsDto {
  /**
   * First name.
   * @example Ada
   */
  @IsOptional() @IsName(100) fname?: string | null;

  /**
   * Last name.
   * @example Lovelace
   */
  @IsOptional() @IsName(100) lname?: string | null;

  /**
   * Anything about the user: some lines of text or the URL of a picture.
   * @example "Countess of computing"
   */
  @IsOptional()
  @IsText({ min: 1, max: 2048, controls: 'line breaks', blank: false })
  profile?: string | null;
}

/** Fields to change; those left out stay as they are, `null` clears. */
export class UpdateMeDto extends ProfileFieldsDto {}

/** A user as everybody sees them. */
export class ProfileDto {
  /** @example 019ab3c1-5d2b-7a41-8f0e-5b7c9d1e2f30 */
  id: string;

  /** @example Ada */
  fname: string | null;

  /** @example Lovelace */
  lname: string | null;

  /** @example "Countess of computing" */
  profile: string | null;

  static of({ id, fname, lname, profile }: Pick<User, keyof ProfileDto>): ProfileDto {
    return { id, fname, lname, profile };
  }
}

export class UserQuery {
  /**
   * The whole e-mail, in any case.
   * @example ada@example.org
   */
  @MayBeLeftOut() @IsEmailAddress() email?: string;

  /** Ids of users, 1 to 100, with commas between them. */
  @MayBeLeftOut() @IsQueryIds(100, '019ab3c1-5d2b-7a41-8f0e-5b7c9d1e2f30') ids?: string[];
}

export class UserListDto {
  /** By `email` one user or none; by `ids` those that are there, in the order asked for. */
  data: ProfileDto[];

  /** @example false */
  has_more: boolean;
}

/** A user as they see themselves. */
export class UserDto {
  /** @example 019ab3c1-5d2b-7a41-8f0e-5b7c9d1e2f30 */
  id: string;

  /**
   * Null where a token of another backend brought none, or one that had an account already.
   * @example ada@example.org
   */
  email: string | null;

  /** @example Ada */
  fname: string | null;

  /** @example Lovelace */
  lname: string | null;

  /** @example Countess of computing */
  profile: string | null;

  /** @example 2026-11-22T17:30:00.000Z */
  created_at: Date;

  static of({ id, email, fname, lname, profile, createdAt }: User): UserDto {
    return { id, email, fname, lname, profile, created_at: createdAt };
  }
}

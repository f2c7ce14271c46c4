import { applyDecorators } from '@nestjs/common';
import { IsOptional } from 'class-validator';
import { IsEmailAddress, IsText } from '../common/validators.js';
import type { User } from './user.entity.js';

const IsName = (): PropertyDecorator =>
  applyDecorators(IsText({ min: 0, max: 100, controls: 'none', blank: false }));
const IsProfile = (): PropertyDecorator =>
  applyDecorators(IsText({ min: 0, max: 2048, controls: 'line breaks', blank: true }));

/** What users tell of themselves; `null` or left out: nothing. */
export class ProfileFieldsDto {
  /**
   * First name.
   * @example Ada
   */
  @IsOptional() @IsName() fname?: string | null;

  /**
   * Last name.
   * @example Lovelace
   */
  @IsOptional() @IsName() lname?: string | null;

  /**
   * Anything about the user: a line of text or the URL of a picture.
   * @example "Countess of computing"
   */
  @IsOptional() @IsProfile() profile?: string | null;
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
  @IsEmailAddress() email: string;
}

export class UserListDto {
  /** The one user with this e-mail, or none. */
  data: ProfileDto[];

  /** @example false */
  has_more: boolean;
}

/** A user as they see themselves. */
export class UserDto {
  /** @example 019ab3c1-5d2b-7a41-8f0e-5b7c9d1e2f30 */
  id: string;

  /** @example ada@example.org */
  email: string;

  /** @example Ada */
  fname: string | null;

  /** @example Lovelace */
  lname: string | null;

  /** @example Countess of computing */
  profile: string | null;

  /** @example 2026-11-22T17:30:00.000Z */
  created_at: Date;

  static of({ id, email, fname, lname, profile, createdAt }: User): UserDto {
    return { id, email: email!, fname, lname, profile, created_at: createdAt };
  }
}

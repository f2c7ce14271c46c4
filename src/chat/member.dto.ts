import { IsIn, IsInt, IsOptional, Max, Min } from 'class-validator';
import { IsId, IsQueryInteger } from '../common/validators.js';
import { ProfileDto } from '../user/user.dto.js';
import { ROLES, type Member, type Role } from './member.entity.js';

const PAGE_LIMIT = 50;
const MAX_SEQ = 2_147_483_647;

export class MemberQuery {
  /** How many to answer at most, 1 to 200. */
  @IsOptional()
  @IsQueryInteger(1, 200)
  limit: number = PAGE_LIMIT;

  /** Id of the last user of the page before. */
  @IsOptional() @IsId() after?: string;
}

export class PutMemberDto {
  /**
   * `member` for a new one where nothing is said. Giving `owner` hands the room over: you are an
   * admin then.
   * @example member
   */
  @IsOptional() @IsIn(ROLES) role?: Role | null;
}

export class ReadDto {
  /**
   * `seq` of the last message read; one beyond the end counts as the end.
   * @example 3
   */
  @IsInt({ message: 'seq must be a whole number' })
  @Min(0, { message: 'seq must be 0 or more' })
  @Max(MAX_SEQ, { message: `seq must be at most ${MAX_SEQ}` })
  seq: number;
}

export class MemberDto {
  user: ProfileDto;

  /** @example member */
  role: Role;

  /** @example 2026-11-22T17:31:30.000Z */
  joined_at: string;

  static of({ role, joinedAt }: Member, user: ProfileDto): MemberDto {
    return { user, role, joined_at: joinedAt.toISOString() };
  }
}

export class MemberPageDto {
  /** By the ids of the users. */
  data: MemberDto[];

  /**
   * Whether more follow: ask again with `after` set to the last user's id.
   * @example false
   */
  has_more: boolean;
}

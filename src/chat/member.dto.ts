import { IsIn, IsInt, Min } from '../http/class-validator.js';
import { IsId, IsQueryInteger, MayBeLeftOut } from '../http/validators.js';
import { ProfileDto } from '../user/user.dto.js';
import { ROLES, type Member, type Role } from './member.entity.js';

const PAGE_LIMIT = 50;
/** In larger rooms nobody is shown how far others have read, or told of their new names. */
export const SMALL_ROOM = 100;

export class MemberQuery {
  /** How many to answer at most, 1 to 200. */
  @MayBeLeftOut()
  @IsQueryInteger(1, 200)
  limit: number = PAGE_LIMIT;

  /** Id of the last user of the page before. */
  @MayBeLeftOut() @IsId() after?: string;
}

export class PutMemberDto {
  /**
   * `member` for a new one where nothing is said. Giving `owner` hands the room over: you are an
   * admin then.
   * @example member
   */
  @MayBeLeftOut() @IsIn(ROLES) role?: Role;
}

export class ReadDto {
  /**
   * `seq` of the last message read; one beyond the end, however large, counts as the end.
   * @example 3
   */
  @IsInt({ message: 'seq must be a whole number' })
  @Min(0, { message: 'seq must be 0 or more' })
  seq: number;
}

export class MemberDto {
  user: ProfileDto;

  /** @example member */
  role: Role;

  /** @example 2026-11-22T17:31:30.000Z */
  joined_at: string;

  /**
   * `seq` up to which they have read; null in a room of more than 100 members.
   * @example 2
   */
  read_seq: number | null;

  /** @param memberCount of their room */
  static of({ role, joinedAt, readSeq }: Member, user: ProfileDto, memberCount: number): MemberDto {
    const read_seq = memberCount > SMALL_ROOM ? null : readSeq;
    return { user, role, joined_at: joinedAt.toISOString(), read_seq };
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

import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { Limited } from '../rate-limit/limited.js';
import { IdPipe } from '../http/validators.js';
import { ProfileDto, UserListDto, UserQuery } from './user.dto.js';
import { UserService } from './user.service.js';

@ApiTags('users')
@ApiBearerAuth()
@Controller('users')
export class UserController {
  constructor(private readonly users: UserService) {}

  /**
   * Find a user by e-mail, or several by id
   *
   * @remarks Either `email` or `ids`. An e-mail has to be the whole one, in any case, and may be asked
   * for 30 times a minute. Of the ids those are left out that are nobody's, or of an erased account.
   */
  @Limited('findUser')
  @Get()
  async findUsers(@Query() query: UserQuery): Promise<UserListDto> {
    return { data: await this.users.search(query), has_more: false };
  }

  /**
   * Get what everybody sees of a user
   *
   * @remarks Names and profile, whatever rooms you share; never the e-mail.
   *
   * @throws {404} There is no such user.
   */
  @Get(':user_id')
  getUser(@Param('user_id', IdPipe) id: string): Promise<ProfileDto> {
    return this.users.profile(id);
  }
}

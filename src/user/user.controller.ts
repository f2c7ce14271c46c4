import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { Limited } from '../common/limited.js';
import { IdPipe } from '../common/validators.js';
import { ProfileDto, UserListDto, UserQuery } from './user.dto.js';
import { UserService } from './user.service.js';

@ApiTags('users')
@ApiBearerAuth()
@Controller('users')
export class UserController {
  constructor(private readonly users: UserService) {}

  /**
   * Find a user by e-mail
   *
   * @remarks Exact match only, whatever the case; 30 times a minute.
   */
  @Limited('findUser')
  @Get()
  async findUsers(@Query() { email }: UserQuery): Promise<UserListDto> {
    return { data: await this.users.search(email), has_more: false };
  }

  /**
   * Get what everybody sees of a user
   *
   * @throws {404} There is no such user.
   */
  @Get(':user_id')
  getUser(@Param('user_id', IdPipe) id: string): Promise<ProfileDto> {
    return this.users.profile(id);
  }
}

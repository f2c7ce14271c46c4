import { Body, Controller, Get, Patch } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { CurrentUser, type AuthUser } from '../common/current-user.js';
import { UpdateMeDto, UserDto } from './user.dto.js';
import { UserService } from './user.service.js';

@ApiTags('userauth')
@ApiBearerAuth()
@Controller('userauth/me')
export class MeController {
  constructor(private readonly users: UserService) {}

  /** Get your own account */
  @Get()
  me(@CurrentUser() user: AuthUser): Promise<UserDto> {
    return this.users.me(user.id);
  }

  /** Change what others see of you */
  @Patch()
  updateMe(@CurrentUser() user: AuthUser, @Body() dto: UpdateMeDto): Promise<UserDto> {
    return this.users.updateMe(user.id, dto);
  }
}

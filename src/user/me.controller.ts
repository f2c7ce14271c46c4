import { Body, Controller, Get, Patch } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { CurrentUser, type AuthUser } from '../http/current-user.js';
import { UpdateMeDto, UserDto } from './user.dto.js';
import { UserService } from './user.service.js';

@ApiTags('userauth')
@ApiBearerAuth()
@Controller('userauth/me')
export class MeController {
  constructor(private readonly users: UserService) {}

  /**
   * Get your own account
   *
   * @remarks With your e-mail, which nobody else is shown.
   */
  @Get()
  me(@CurrentUser() user: AuthUser): Promise<UserDto> {
    return this.users.me(user.id);
  }

  /**
   * Change what others see of you
   *
   * @remarks What you leave out stays, `null` clears it. Who shares a room of up to 100 members with you is
   * told (`user.updated`).
   */
  @Patch()
  updateMe(@CurrentUser() user: AuthUser, @Body() dto: UpdateMeDto): Promise<UserDto> {
    return this.users.updateMe(user.id, dto);
  }
}

import { Body, Controller, Delete, Get, HttpCode, Ip, Param, Put } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { CurrentUser, type AuthUser } from '../common/current-user.js';
import { IdPipe } from '../common/validators.js';
import { ChangePasswordDto } from './auth.dto.js';
import { AuthService } from './auth.service.js';
import { PasswordChangeService } from './password-change.service.js';
import { SessionPageDto } from './session.dto.js';
import { SessionService } from './session.service.js';

@ApiTags('userauth')
@ApiBearerAuth()
@Controller('userauth')
export class SessionController {
  constructor(
    private readonly auth: AuthService,
    private readonly sessions: SessionService,
    private readonly passwords: PasswordChangeService,
  ) {}

  /** List where you are logged in */
  @Get('sessions')
  listSessions(@CurrentUser() user: AuthUser): Promise<SessionPageDto> {
    return this.sessions.list(user);
  }

  /** End every session of yours but this one, at once */
  @Delete('sessions')
  @HttpCode(204)
  endOtherSessions(@CurrentUser() user: AuthUser): Promise<void> {
    return this.auth.endOtherSessions(user);
  }

  /**
   * End one session of yours at once
   *
   * @throws {404} There is no such session of yours; it may have ended already.
   */
  @Delete('sessions/:session_id')
  @HttpCode(204)
  endSession(
    @CurrentUser() user: AuthUser,
    @Param('session_id', IdPipe) sessionId: string,
  ): Promise<void> {
    return this.auth.endSession(user.id, sessionId);
  }

  /**
   * Change your password; every other session of yours ends
   *
   * @throws {403} The current password is wrong.
   */
  @Put('me/password')
  @HttpCode(204)
  changePassword(
    @CurrentUser() user: AuthUser,
    @Body() dto: ChangePasswordDto,
    @Ip() ip: string,
  ): Promise<void> {
    return this.passwords.change(user, dto, ip);
  }
}

import { Body, Controller, Delete, Get, HttpCode, Param, Put } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { CurrentUser, type AuthUser } from '../http/current-user.js';
import { IdPipe } from '../http/validators.js';
import { ChangePasswordDto } from './auth.dto.js';
import { AuthService } from './auth.service.js';
import { type Caller, CurrentCaller } from './caller.js';
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

  /**
   * List where you are logged in
   *
   * @remarks All of them, the one last used first.
   */
  @Get('sessions')
  listSessions(@CurrentUser() user: AuthUser): Promise<SessionPageDto> {
    return this.sessions.list(user);
  }

  /**
   * End every session of yours but this one, at once
   *
   * @remarks Their tokens count no more, and their sockets and streams close.
   */
  @Delete('sessions')
  @HttpCode(204)
  endOtherSessions(@CurrentUser() user: AuthUser): Promise<void> {
    return this.auth.endOtherSessions(user);
  }

  /**
   * End one session of yours at once
   *
   * @remarks Its tokens count no more, and its sockets and streams close. It may be this one.
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
   * @remarks The tokens of this session go on. Servers with `PASSWORD_LOG_IN=off` have no such route.
   *
   * @throws {403} [wrong-password] The current password is wrong.
   * @throws {404} There is no such route. The OpenAPI document lists those there are.
   * @throws {409} [no-password] This account has no password: who logs in by a token of another backend needs none.
   */
  @Put('me/password')
  @HttpCode(204)
  changePassword(
    @CurrentUser() user: AuthUser,
    @Body() dto: ChangePasswordDto,
    @CurrentCaller() caller: Caller,
  ): Promise<void> {
    return this.passwords.change(user, dto, caller);
  }
}

import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { CurrentUser, type AuthUser } from '../http/current-user.js';
import { Public } from '../http/public.js';
import { Limited } from '../rate-limit/limited.js';
import { LogInDto, RefreshDto, SignedInDto, SignUpDto, TokensDto } from './auth.dto.js';
import { AuthService } from './auth.service.js';
import { type Caller, CurrentCaller } from './caller.js';
import { RefreshService } from './refresh.service.js';
import { SignUpService } from './sign-up.service.js';

@ApiTags('userauth')
@Controller('userauth')
export class AuthController {
  constructor(
    private readonly auth: AuthService,
    private readonly signUps: SignUpService,
    private readonly refreshes: RefreshService,
  ) {}

  /**
   * Make an account and log in to it
   *
   * @remarks The answer holds the tokens of your first session: send `access_token` as `Bearer` from now on.
   * Servers with `PASSWORD_LOG_IN=off` have no such route.
   *
   * @throws {403} [sign-up-closed] This server takes no sign-ups. Ask those who run it for an account.
   * @throws {404} There is no such route. The OpenAPI document lists those there are.
   * @throws {409} [email-taken] There is already an account with this e-mail. Log in, or use another one.
   */
  @Public()
  @Limited('signUp')
  @Post('userSignup')
  signUp(@Body() dto: SignUpDto, @CurrentCaller() caller: Caller): Promise<SignedInDto> {
    return this.signUps.signUp(dto, caller);
  }

  /**
   * Log in: opens a session for this device
   *
   * @remarks Other sessions go on. An unknown e-mail and a wrong password are answered alike. Servers
   * with `PASSWORD_LOG_IN=off` have no such route.
   *
   * @throws {401} [wrong-credentials] The e-mail or the password is wrong.
   * @throws {404} There is no such route. The OpenAPI document lists those there are.
   */
  @Public()
  @Limited('logIn')
  @Post('userLogin')
  @HttpCode(200)
  logIn(@Body() dto: LogInDto, @CurrentCaller() caller: Caller): Promise<SignedInDto> {
    return this.auth.logIn(dto, caller);
  }

  /**
   * Exchange a refresh token for the next pair
   *
   * @remarks After a lost answer ask again: the same pair is answered until some seconds after it is
   * first used. A use of the old refresh token after that counts as theft and ends the session.
   *
   * @throws {401} [dead-refresh-token] The refresh token is expired, revoked or was used before. Log in again.
   */
  @Public()
  @Limited('refresh')
  @Post('refresh')
  @HttpCode(200)
  refresh(@Body() dto: RefreshDto, @CurrentCaller() caller: Caller): Promise<TokensDto> {
    return this.refreshes.refresh(dto.refresh_token, caller.device);
  }

  /**
   * Log out: ends this session and its tokens at once
   *
   * @remarks Its sockets and streams close. Other sessions of yours go on.
   */
  @ApiBearerAuth()
  @Post('logout')
  @HttpCode(204)
  logOut(@CurrentUser() user: AuthUser): Promise<void> {
    return this.auth.logOut(user);
  }
}

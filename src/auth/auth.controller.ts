import { isIP } from 'node:net';
import { Body, Controller, HttpCode, Post, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { CurrentUser, type AuthUser } from '../common/current-user.js';
import { Public } from '../common/public.js';
import { Limited } from '../common/limited.js';
import { LogInDto, RefreshDto, SignedInDto, SignUpDto, TokensDto } from './auth.dto.js';
import { AuthService } from './auth.service.js';
import { RefreshService } from './refresh.service.js';
import type { Device } from './session.service.js';

const USER_AGENT_LENGTH = 512;

@ApiTags('userauth')
@Controller('userauth')
export class AuthController {
  constructor(
    private readonly auth: AuthService,
    private readonly refreshes: RefreshService,
  ) {}

  /**
   * Make an account and log in to it
   *
   * @throws {409} There is already an account with this e-mail. Log in, or use another one.
   */
  @Public(true)
  @Limited('signUp')
  @Post('userSignup')
  signUp(@Body() dto: SignUpDto, @Req() request: FastifyRequest): Promise<SignedInDto> {
    return this.auth.signUp(dto, deviceOf(request));
  }

  /**
   * Log in: opens a session for this device
   *
   * @throws {401} The e-mail or the password is wrong.
   */
  @Public(true)
  @Limited('logIn')
  @Post('userLogin')
  @HttpCode(200)
  logIn(@Body() dto: LogInDto, @Req() request: FastifyRequest): Promise<SignedInDto> {
    return this.auth.logIn(dto, deviceOf(request));
  }

  /**
   * Exchange a refresh token for the next pair
   *
   * @remarks After a lost answer ask again: the same pair is answered until some seconds after it is
   * first used. A use of the old refresh token after that counts as theft and ends the session.
   *
   * @throws {401} The refresh token is expired, revoked or was used before. Log in again.
   */
  @Public(true)
  @Post('refresh')
  @HttpCode(200)
  refresh(@Body() dto: RefreshDto, @Req() request: FastifyRequest): Promise<TokensDto> {
    return this.refreshes.refresh(dto.refresh_token, deviceOf(request));
  }

  /** Log out: ends this session and its tokens at once */
  @ApiBearerAuth()
  @Post('logout')
  @HttpCode(204)
  logOut(@CurrentUser() user: AuthUser): Promise<void> {
    return this.auth.logOut(user);
  }
}

/** A proxy that is trusted may still pass on whatever it was told: what is no address is no `ip`. */
function deviceOf({ ip, headers, socket }: FastifyRequest): Device {
  return {
    ip: isIP(ip) ? ip : (socket.remoteAddress ?? ''),
    userAgent: headers['user-agent']?.slice(0, USER_AGENT_LENGTH) ?? null,
  };
}

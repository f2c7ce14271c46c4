import { Body, Controller, Delete, HttpCode } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { type Caller, CurrentCaller } from '../auth/caller.js';
import { CurrentUser, type AuthUser } from '../http/current-user.js';
import { EraseMeDto } from './erasure.dto.js';
import { ErasureService } from './erasure.service.js';

@ApiTags('userauth')
@ApiBearerAuth()
@Controller('userauth/me')
export class ErasureController {
  constructor(private readonly erasures: ErasureService) {}

  /**
   * Erase your account
   *
   * @remarks For good and at once: your messages read as deleted everywhere, you leave every room,
   * and rooms that you own pass to the longest-standing admin, else member, else are deleted. Send your
   * password; who logs in at `/userauth/exchange` has none, and sends a fresh `token` for it instead.
   *
   * @throws {403} [wrong-password] The current password is wrong.
   * @throws {403} [wrong-token] The token is no fresh one of yours. Have your backend sign another one.
   * @throws {409} [no-password] This account has no password: who logs in by a token of another backend needs none.
   */
  @Delete()
  @HttpCode(204)
  eraseMe(
    @CurrentUser() user: AuthUser,
    @Body() dto: EraseMeDto,
    @CurrentCaller() caller: Caller,
  ): Promise<void> {
    return this.erasures.erase(user, dto, caller);
  }
}

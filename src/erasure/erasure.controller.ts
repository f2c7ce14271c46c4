import { Body, Controller, Delete, HttpCode, Ip } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { CurrentUser, type AuthUser } from '../common/current-user.js';
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
   * and rooms that you own pass to the longest-standing admin, else member, else are deleted.
   *
   * @throws {403} The current password is wrong.
   */
  @Delete()
  @HttpCode(204)
  eraseMe(@CurrentUser() user: AuthUser, @Body() dto: EraseMeDto, @Ip() ip: string): Promise<void> {
    return this.erasures.erase(user, dto.password, ip);
  }
}

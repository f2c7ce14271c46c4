import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiTags } from '@nestjs/swagger';
import { CurrentUser, type AuthUser } from '../common/current-user.js';
import { SyncDto, SyncedDto } from './sync.dto.js';
import { SyncService } from './sync.service.js';

@ApiTags('message')
@ApiBearerAuth()
@Controller('sync')
export class SyncController {
  constructor(private readonly syncs: SyncService) {}

  /**
   * Catch up after any absence, in one round trip
   *
   * @remarks Send what the last answer gave as `rooms`. A room that you do not name brings its chat
   * object alone; name it with 0 for its history. While `has_more` is true, ask again.
   */
  @Post()
  @HttpCode(200)
  @ApiBody({ type: SyncDto, required: false })
  sync(@CurrentUser() user: AuthUser, @Body() dto: SyncDto): Promise<SyncedDto> {
    return this.syncs.sync(user, dto);
  }
}

import { Body, Controller, HttpCode, Post, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CurrentUser, type AuthUser } from '../http/current-user.js';
import { SyncDto, SyncedDto } from './sync.dto.js';
import { SyncService } from './sync.service.js';

@ApiTags('sync')
@ApiBearerAuth()
@Controller('sync')
export class SyncController {
  constructor(private readonly syncs: SyncService) {}

  /**
   * Catch up after any absence, in one round trip
   *
   * @remarks Send what the last answer gave as `rooms` and `history`. A room that you do not name
   * brings its chat object alone; name it with 0 for its history. While `has_more` is true, ask again.
   */
  @Post()
  @HttpCode(200)
  @ApiBody({ type: SyncDto, required: false })
  @ApiOkResponse({ type: SyncedDto })
  async sync(
    @CurrentUser() user: AuthUser,
    @Body() dto: SyncDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const text = await this.syncs.sync(user, dto);
    void reply.type('application/json; charset=utf-8');
    return text;
  }
}

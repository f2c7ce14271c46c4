import { Controller, Get, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { type Caller, CurrentCaller } from '../auth/caller.js';
import { CurrentUser, type AuthUser } from '../http/current-user.js';
import { pageJson } from '../message/message-cache.js';
import { SearchPageDto, SearchQuery } from './search.dto.js';
import { SearchService } from './search.service.js';

@ApiTags('message')
@ApiBearerAuth()
@Controller('message/search')
export class SearchController {
  constructor(private readonly searches: SearchService) {}

  /**
   * Search messages by their words
   *
   * @remarks The newest first, in one room or in all that you are a member of. A search takes two seconds
   * at most: while `has_more` is true, send `next` as `before` for what it has not come to. You have one
   * search at a time: another one waits up to a second for it (429), so end one whose answer you do not need
   * any more.
   *
   * @throws {404} There is no such chat, or it is not yours to see.
   */
  @Get()
  async searchMessages(
    @CurrentUser() user: AuthUser,
    @CurrentCaller() { gone }: Caller,
    @Query() query: SearchQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SearchPageDto> {
    const page = await this.searches.search(user, query, gone);
    void reply.type('application/json; charset=utf-8').serializer(pageJson);
    return page;
  }
}

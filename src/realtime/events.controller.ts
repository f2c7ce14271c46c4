import { Controller, Get, Headers, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiHeader, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CurrentUser, type AuthUser } from '../common/current-user.js';
import { FAREWELL_MS } from './connection.js';
import { EventStreams } from './event-streams.js';
import { EventsQuery } from './realtime.dto.js';

@ApiTags('realtime')
@ApiBearerAuth()
@Controller('events')
export class EventsController {
  constructor(private readonly streams: EventStreams) {}

  /**
   * Stream events
   *
   * @remarks Server-sent events. With `chat_id` one room's, whose ids are its changes: send the last
   * one as `Last-Event-ID`, and what happened meanwhile comes first. Without it those of every room
   * that you have joined, beginning with `ready`, upon which you call `POST /sync`. docs/realtime.md
   * lists the events; Socket.IO brings the same.
   *
   * @throws {403} You are not a member of this chat. Join it first: PUT /chat/{chat_id}/members/me.
   * @throws {404} There is no such chat, or it is not yours to see.
   */
  @Get()
  @ApiHeader({
    name: 'Last-Event-ID',
    description: 'With `chat_id`: the last id that you received, a `change` of the room.',
    required: false,
    schema: { type: 'integer', minimum: 0, maximum: 2_147_483_647 },
  })
  @ApiOkResponse({
    description: 'The stream; it ends with your session',
    content: { 'text/event-stream': { schema: { type: 'string' } } },
  })
  async streamEvents(
    @CurrentUser() user: AuthUser,
    @Query() { chat_id: chatId }: EventsQuery,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const stream = await this.streams.open(user, chatId, lastEventId);
    // Not all of it may have left yet; and a HEAD request is answered without it.
    stream.once('close', () => setTimeout(() => reply.raw.destroy(), FAREWELL_MS).unref());
    reply.raw.once('close', () => stream.destroy());
    void reply
      .header('content-type', 'text/event-stream; charset=utf-8')
      .header('cache-control', 'no-store')
      .header('x-accel-buffering', 'no')
      .send(stream);
  }
}

import { Controller, Get, Headers, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiHeader, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CurrentUser, type AuthUser } from '../http/current-user.js';
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
   * @remarks Server-sent events, each with one of the payloads below as its `data`. "Try it out" is not for
   * it: the page shows an answer once it has ended, and this one goes on. Use `curl -N`, or `fetch` and the
   * body's reader; `EventSource` cannot send the token. With `chat_id` those of one room, whose ids are its changes: send the last
   * one as `Last-Event-ID`, and what happened meanwhile comes first. Where the server knows nothing of
   * that change, or not of the `history` that you send along, `reset` comes instead: drop what you have
   * of the room. Without `chat_id` the events of every room that you have joined, beginning with
   * `ready`, upon which you call `POST /sync`. docs/realtime.md lists the events; Socket.IO brings the
   * same.
   *
   * @throws {403} [not-a-member] You are not a member of this chat. Join it first: PUT /chat/{chat_id}/members/me.
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
    content: { 'text/event-stream': { schema: { $ref: '#/components/schemas/ServerEvent' } } },
  })
  async streamEvents(
    @CurrentUser() user: AuthUser,
    @Query() query: EventsQuery,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const stream = await this.streams.open(user, query, lastEventId);
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

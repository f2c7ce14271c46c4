import { Injectable } from '@nestjs/common';
import type { AuthUser } from '../http/current-user.js';
import { InvalidInputError } from '../common/errors.js';
import { Connections } from './connections.js';
import { History } from '../database/history.js';
import { EventStream } from './event-stream.js';
import type { EventsQuery } from './realtime.dto.js';
import { RoomReplay } from './room-replay.js';
import { RoomStream } from './room-stream.js';

const MAX_CHANGE = 2_147_483_647;

/** Opens event streams. */
@Injectable()
export class EventStreams {
  constructor(
    private readonly connections: Connections,
    private readonly replay: RoomReplay,
    private readonly history: History,
  ) {}

  /**
   * @param lastEventId of one room: the change after which to begin
   * @param history of one room: that the client has it from
   * @throws ChatNotFoundError, NotAMemberError, TooManyConnectionsError, InvalidInputError
   */
  async open(
    user: AuthUser,
    { chat_id: chatId, history }: EventsQuery,
    lastEventId: string | undefined,
  ): Promise<EventStream> {
    if (chatId === undefined) {
      const current = await this.history.current();
      const stream = new EventStream(user);
      stream.ready(current); // before all else
      return this.connect(stream);
    }
    const after = lastEventId === undefined ? undefined : changeOf(lastEventId);
    const stream = await this.connect(new RoomStream(user, chatId, this.replay));
    try {
      await stream.begin({ after, history });
      return stream;
    } catch (error) {
      stream.destroy();
      throw error;
    }
  }

  private async connect<T extends EventStream>(stream: T): Promise<T> {
    stream.once('close', () => this.connections.remove(stream));
    try {
      await this.connections.open(stream);
      return stream;
    } catch (error) {
      stream.destroy();
      throw error;
    }
  }
}

function changeOf(lastEventId: string): number {
  const change = Number(lastEventId);
  if (/^\d{1,10}$/.test(lastEventId) && change <= MAX_CHANGE) return change;
  const messages = [`Last-Event-ID must be a whole number from 0 to ${MAX_CHANGE}`];
  throw new InvalidInputError([{ field: 'Last-Event-ID', messages }]);
}

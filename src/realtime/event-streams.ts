import { Injectable } from '@nestjs/common';
import type { AuthUser } from '../common/current-user.js';
import { InvalidInputError } from '../common/errors.js';
import { Connections } from './connections.js';
import { EventStream } from './event-stream.js';
import { RoomReplay } from './room-replay.js';
import { RoomStream } from './room-stream.js';

const MAX_CHANGE = 2_147_483_647;

/** Opens event streams. */
@Injectable()
export class EventStreams {
  constructor(
    private readonly connections: Connections,
    private readonly replay: RoomReplay,
  ) {}

  /**
   * @param lastEventId of one room: the change after which to begin
   * @throws ChatNotFoundError, NotAMemberError, TooManyConnectionsError, InvalidInputError
   */
  async open(
    user: AuthUser,
    chatId: string | undefined,
    lastEventId: string | undefined,
  ): Promise<EventStream> {
    if (chatId === undefined) {
      const stream = new EventStream(user);
      stream.ready(); // before all else
      return this.connect(stream);
    }
    const after = lastEventId === undefined ? undefined : changeOf(lastEventId);
    const stream = await this.connect(new RoomStream(user, chatId, this.replay));
    try {
      await stream.begin(after);
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

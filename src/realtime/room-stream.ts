import { Logger } from '@nestjs/common';
import { DomainError } from '../common/errors.js';
import type { AuthUser } from '../common/current-user.js';
import type { RoomEvent } from '../events/events.js';
import { EventStream } from './event-stream.js';
import type { RoomReplay } from './room-replay.js';

/**
 * The events of one room, whose ids are the room's changes. Each change comes once, in order: where
 * one is missing, what it made is read from the database.
 */
export class RoomStream extends EventStream {
  private readonly logger = new Logger(RoomStream.name);
  /** The change that the client has the room up to. */
  private last = 0;
  /** The newest change heard of while catching up. */
  private newest = 0;
  private isCatchingUp = true;
  /** Whether changes may be missing that were not heard of. */
  private isBehind = false;

  constructor(
    user: AuthUser,
    readonly chatId: string,
    private readonly replay: RoomReplay,
  ) {
    super(user);
  }

  /**
   * Begins, once the room is heard: after a change, or with what comes from now on.
   *
   * @throws ChatNotFoundError, NotAMemberError
   */
  async begin(after?: number): Promise<void> {
    const { lastChange } = await this.replay.chat(this.user, this.chatId);
    if (after === undefined || after > lastChange) {
      this.last = lastChange;
      this.write(`id: ${lastChange}\n\n`); // known to the client without an event
    } else {
      this.last = after;
      this.newest = Math.max(this.newest, lastChange);
    }
    void this.catchUp();
  }

  override hear(event: RoomEvent, data: string): void {
    const { name, change, subject } = event;
    const isNext = !this.isCatchingUp && change === this.last + 1;
    const isFarewell = subject?.action === 'removed' && subject.userId === this.user.id;
    if (isNext) this.sendNext(name, data, change);
    else if (change === undefined || isFarewell) this.send(name, data);
    else this.catchUpTo(change);
  }

  override leave(): void {
    this.end();
  }

  override ready(): void {
    this.isBehind = true;
    if (!this.isCatchingUp) void this.catchUp();
  }

  private sendNext(name: string, data: string, place: number): void {
    this.send(name, data, place);
    this.last = place;
  }

  private catchUpTo(change: number): void {
    this.newest = Math.max(this.newest, change);
    if (!this.isCatchingUp) void this.catchUp();
  }

  /** Sends each message that changed meanwhile once, as it stands now, and then the room. */
  private async catchUp(): Promise<void> {
    this.isCatchingUp = true;
    try {
      while (!this.isOver && (this.isBehind || this.newest > this.last)) {
        this.isBehind = false;
        this.newest = 0;
        for await (const event of this.replay.since(this.user, this.chatId, this.last)) {
          this.sendNext(event.name, JSON.stringify(event.payload), event.place);
          await this.hasRoom();
          if (this.isOver) return;
        }
      }
      this.isCatchingUp = false;
    } catch (err) {
      // The client comes back, and is told then what is the matter.
      if (!(err instanceof DomainError)) this.logger.warn({ event: 'event_stream.failed', err });
      this.end();
    }
  }
}

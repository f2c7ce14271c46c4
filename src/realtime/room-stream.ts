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

  override hear(event: RoomEvent): void {
    const { name, change, payload, subject } = event;
    const isFarewell = subject?.action === 'removed' && subject.userId === this.user.id;
    if (change === undefined || isFarewell) this.send(name, payload, change);
    else if (this.isCatchingUp) this.newest = Math.max(this.newest, change);
    else if (change === this.last + 1) this.sendNext(event, change);
    else if (change > this.last) {
      this.newest = change;
      void this.catchUp();
    }
  }

  override leave(): void {
    this.end();
  }

  override ready(): void {
    if (this.isCatchingUp) return;
    this.newest = Math.max(this.newest, this.last + 1);
    void this.catchUp();
  }

  private sendNext({ name, payload }: RoomEvent, place: number): void {
    this.send(name, payload, place);
    this.last = place;
  }

  /** Sends each message that changed meanwhile once, as it stands now, and then the room. */
  private async catchUp(): Promise<void> {
    this.isCatchingUp = true;
    try {
      while (!this.isOver && this.newest > this.last) {
        this.newest = 0;
        for await (const event of this.replay.since(this.user, this.chatId, this.last)) {
          this.sendNext(event, event.place);
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

import { Logger } from '@nestjs/common';
import { DomainError } from '../common/errors.js';
import type { AuthUser } from '../http/current-user.js';
import type { ClientEvent } from './connection.js';
import { EventStream } from './event-stream.js';
import type { ReplayedEvent, RoomReplay } from './room-replay.js';

/** From where on a client wants a room. */
export interface Beginning {
  after?: number;
  history?: string;
}

/**
 * The events of one room, whose ids are the room's changes. Each change comes once, in order: where
 * one is missing, what it made is read from the database.
 */
export class RoomStream extends EventStream {
  private readonly logger = new Logger(RoomStream.name);
  /** The change that the client has the room up to, and the line of history that it is of. */
  private last = 0;
  private history: string | undefined;
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
   * @param history that the client has the room from, if it says so
   * @throws ChatNotFoundError, NotAMemberError
   */
  async begin({ after, history }: Beginning): Promise<void> {
    const now = await this.replay.now(this.user, this.chatId);
    this.last = after ?? now.change;
    this.history = history ?? now.history;
    if (after !== undefined || this.history !== now.history) this.isBehind = true;
    else this.write(`id: ${this.last}\n\n`); // known to the client without an event
    void this.catchUp();
  }

  override deliver(event: ClientEvent, data: string): void {
    const { name, change, subject } = event;
    const isNext = !this.isCatchingUp && change === this.last + 1;
    const isFarewell = subject?.action === 'removed' && subject.userId === this.user.id;
    if (isNext) this.sendNext(name, data, change);
    else if (change === undefined || isFarewell) this.send(name, data);
    else this.catchUpTo(change);
  }

  override leave(): void {
    this.close();
  }

  override ready(): void {
    this.isBehind = true;
    if (!this.isCatchingUp) void this.catchUp();
  }

  private sendNext(name: string, data: string, place?: number): void {
    this.send(name, data, place);
    this.last = place ?? this.last;
  }

  private catchUpTo(change: number): void {
    this.newest = Math.max(this.newest, change);
    if (!this.isCatchingUp) void this.catchUp();
  }

  /** A gap in what was heard holds changes alone; who was away may have read on another device. */
  private missed(wasAway: boolean): AsyncGenerator<ReplayedEvent> {
    const cursor = { change: this.last, history: this.history };
    return wasAway
      ? this.replay.all(this.user, this.chatId, cursor)
      : this.replay.since(this.user, this.chatId, cursor);
  }

  /** Sends each message that changed meanwhile once, as it stands now, and then the room. */
  private async catchUp(): Promise<void> {
    this.isCatchingUp = true;
    try {
      while (!this.isOver && (this.isBehind || this.newest > this.last)) {
        const wasAway = this.isBehind;
        this.isBehind = false;
        this.newest = 0;
        for await (const { payload, place } of this.missed(wasAway)) {
          this.sendNext(payload.type, JSON.stringify(payload), place);
          if (payload.type === 'reset') this.history = payload.history;
          await this.hasRoom();
          if (this.isOver) return;
        }
      }
      this.isCatchingUp = false;
    } catch (err) {
      // The client comes back, and is told then what is the matter.
      if (!(err instanceof DomainError)) this.logger.warn({ event: 'event_stream.failed', err });
      this.close();
    }
  }
}

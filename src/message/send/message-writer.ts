import { setImmediate } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { databaseOutage } from '../../database/database-outage.js';
import { OverloadedError } from '../../common/errors.js';
import { Database } from '../../database/database.js';
import { EventBus } from '../../events/event-bus.js';
import { MessageParts } from '../message-parts.js';
import { MessageSealer } from '../message-sealer.js';
import { type Appended, appendMessages, type Outcome } from './append-messages.js';
import type { Draft } from './draft.js';

const BATCH_SIZE = 200;
/** Ten batches: more would wait for longer than a client does. */
const QUEUE_SIZE = 2000;

interface Send {
  draft: Draft;
  resolve: (appended: Appended) => void;
  reject: (error: unknown) => void;
}

/**
 * Appends messages to rooms by group commit: what arrives while a transaction is in flight shares
 * the next one. Answers only after the commit.
 */
@Injectable()
export class MessageWriter {
  private readonly queue: Send[] = [];
  private isDraining = false;
  /** How many were answered at once last. */
  private lastSize = 0;
  private onCommitted: (size: number) => void = () => undefined;

  constructor(
    private readonly database: Database,
    private readonly bus: EventBus,
    readonly sealer: MessageSealer,
    readonly parts: MessageParts,
  ) {}

  /** How many sends wait for a transaction. */
  get queueLength(): number {
    return this.queue.length;
  }

  /** Calls back with the size of each batch that is committed. */
  observe(onCommitted: (size: number) => void): void {
    this.onCommitted = onCommitted;
  }

  /**
   * Appends one message.
   *
   * @throws ChatNotFoundError when the room is not there, or the sender may not know of it
   * @throws AccountGoneError, UserNotFoundError when the account of the sender, or of the other one in a
   *   direct room, has ended
   * @throws TooManyRoomsError, RoomFullError when the sender cannot join, or the room has counted to its end
   * @throws KeyMissingError, KeyUnavailableError when it could not be sealed
   * @throws UnknownReplyToError when it answers what is no message of the room
   * @throws UnknownAttachmentError, AttachmentStateError when a file of it is not one to send
   * @throws ClientIdReusedError when its `client_id` stands for another text
   * @throws OverloadedError when too many wait already
   */
  append(draft: Draft): Promise<Appended> {
    if (this.queue.length >= QUEUE_SIZE) return Promise.reject(new OverloadedError());
    return new Promise((resolve, reject) => {
      this.queue.push({ draft, resolve, reject });
      void this.drain();
    });
  }

  private async drain(): Promise<void> {
    if (this.isDraining) return;
    this.isDraining = true;
    while (this.queue.length > 0) {
      if (this.lastSize > 1) await setImmediate(); // under load, what arrives in this turn comes along
      await this.commit([]);
    }
    this.isDraining = false;
  }

  /**
   * Takes a batch once its turn has come, so that whatever has arrived by then comes along. Should
   * the database refuse it, it runs once more, then one by one.
   */
  private async commit(sends: Send[], attempt = 1): Promise<void> {
    const take = (): void => {
      if (sends.length === 0) sends.push(...this.queue.splice(0, BATCH_SIZE));
    };
    try {
      const { outcomes } = await this.database.write(async (tx) => {
        take();
        const drafts = sends.map((send) => send.draft);
        const batch = await appendMessages(tx, this, drafts);
        tx.onCommit(() => this.bus.announce(batch.events));
        return batch;
      });
      this.lastSize = sends.length;
      this.onCommitted(sends.length);
      sends.forEach((send, index) => this.settle(send, outcomes[index]));
    } catch (error) {
      take(); // where no transaction has begun
      if (databaseOutage(error) || (attempt === 2 && sends.length === 1)) {
        for (const send of sends) send.reject(error);
      } else if (attempt === 1) {
        await this.commit(sends, 2);
      } else {
        for (const send of sends) await this.commit([send], 2);
      }
    }
  }

  private settle({ draft, resolve, reject }: Send, outcome: Outcome): void {
    if (outcome instanceof Error) return reject(outcome);
    const { sealed } = draft;
    if (!outcome.isRepeat && !(sealed instanceof Error))
      this.sealer.remember(outcome.message, sealed);
    resolve(outcome);
  }
}

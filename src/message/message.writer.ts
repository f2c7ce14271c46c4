import { setImmediate } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { databaseOutage } from '../common/database-outage.js';
import { OverloadedError } from '../common/errors.js';
import { Database } from '../database/database.js';
import { EventBus } from '../events/event-bus.js';
import { UserService } from '../user/user.service.js';
import {
  type Appended,
  appendMessages,
  type Batch,
  type Draft,
  type Outcome,
} from './append-messages.js';
import { appendAtOnce, appendNext, type Next } from './append-next.js';
import { RoomEnds } from './room-ends.js';

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
 * the next one. One that comes alone is placed without asking, where the end of its room is known.
 * Answers only after the commit.
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
    private readonly users: UserService,
    private readonly bus: EventBus,
    private readonly ends: RoomEnds,
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
   * @throws UnknownReplyToError when it answers what is no message of the room
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
      // Under load, what arrives in this turn comes along; the line of SQLite sees to that itself.
      if (this.database.isPostgres && this.lastSize > 1) await setImmediate();
      const next = this.database.isPostgres && this.nextOf(this.queue);
      if (next) await this.commitAtOnce(this.queue.pop()!, next);
      else await this.commit([]);
    }
    this.isDraining = false;
  }

  /** A send that comes alone, where the end of its room is known. */
  private nextOf(sends: Send[]): Next | undefined {
    if (sends.length !== 1 || sends[0].draft.replyTo !== null) return undefined;
    const [{ draft }] = sends;
    const room = this.ends.find(draft.chatId, draft.senderId);
    return room && { draft, room };
  }

  /** To PostgreSQL: by one statement, unless the room has changed meanwhile. */
  private async commitAtOnce(send: Send, next: Next): Promise<void> {
    let batch: Batch | undefined;
    try {
      batch = await appendAtOnce(this.database, next);
    } catch (error) {
      if (databaseOutage(error)) return send.reject(error);
    }
    if (!batch) return this.commit([send]);
    this.bus.announce(batch.events);
    this.answer([send], batch);
  }

  private answer(sends: Send[], { outcomes, rooms }: Batch): void {
    this.lastSize = sends.length;
    this.onCommitted(sends.length);
    for (const room of rooms) this.ends.note(room);
    sends.forEach((send, index) => settle(send, outcomes[index]));
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
      const batch = await this.database.write(async (manager, onCommit, lastly) => {
        take();
        const drafts = sends.map((send) => send.draft);
        const next = this.database.isPostgres || attempt > 1 ? undefined : this.nextOf(sends);
        const batch =
          (next && (await appendNext(manager, next, lastly))) ??
          (await appendMessages(manager, this.users, drafts, lastly));
        onCommit(() => this.bus.announce(batch.events));
        return batch;
      });
      this.answer(sends, batch);
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
}

function settle({ resolve, reject }: Send, outcome: Outcome): void {
  if (outcome instanceof Error) reject(outcome);
  else resolve(outcome);
}

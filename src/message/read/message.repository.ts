import { Injectable } from '@nestjs/common';
import type { Page } from '../../common/page.js';
import { TextBudget } from '../../common/text-budget.js';
import { Database } from '../../database/database.js';
import { Semaphore } from '../../database/semaphore.js';
import type { Statement } from '../../database/statement.js';
import type { Reads } from '../../database/transaction.js';
import { MAX_SEQ, type MessageQuery } from '../message.dto.js';
import type { Message } from '../message.entity.js';
import { type MessageRow, toMessage } from '../message-rows.js';
import { MessageSealer } from '../message-sealer.js';
import {
  CHANGED_AFTER,
  FIND,
  FIND_AT,
  FIND_PLACES,
  FIND_SHORT_AT,
  PAGE_AFTER,
  PAGE_UP_TO,
} from './message-statements.js';
import { RowSteps, type Step } from './row-steps.js';

/** Pages that are read at once: fifty long messages are 4 MB, of which an answer takes one. */
const PAGES_AT_ONCE = 16;

/** What changed in a room after one change and up to another. */
export interface Changes {
  chatId: string;
  after: number;
  upTo: number;
  limit: number;
}

/**
 * Messages, by plain SQL: `find` of TypeORM keeps its connection until the body is opened. A page
 * also ends where its text fills an answer.
 */
@Injectable()
export class MessageRepository {
  private readonly turns = new Semaphore(PAGES_AT_ONCE);
  private readonly steps = new RowSteps();

  constructor(
    private readonly database: Database,
    private readonly sealer: MessageSealer,
  ) {}

  async find(id: string, reads: Reads = this.database): Promise<Message | null> {
    const found = (await reads.rows<MessageRow>(FIND, [id])).map(toMessage);
    await this.sealer.openAll(found, reads);
    return found[0] ?? null;
  }

  /**
   * A page by `seq` ascending; without `before` or `after` the newest one. Empty for a user who may
   * not know of the room.
   */
  page(userId: string, query: MessageQuery): Promise<Page<Message>> {
    return this.turns.run(userId, async () => this.opened(await this.sealedPage(userId, query)));
  }

  private async sealedPage(
    userId: string,
    { chat_id: chatId, limit, before, after }: MessageQuery,
  ): Promise<Page<Message>> {
    const read = async (statement: Statement, from: number, count: number): Promise<Message[]> => {
      const parameters = [chatId, from, userId, count];
      return (await this.database.rows<MessageRow>(statement, parameters)).map(toMessage);
    };
    if (after !== undefined) {
      const next: Step = (count, last) => read(PAGE_AFTER, last?.seq ?? after, count);
      return this.pageFrom(chatId, next, limit, new TextBudget());
    }
    const newest = before ? before - 1 : MAX_SEQ;
    const next: Step = (count, last) => read(PAGE_UP_TO, last ? last.seq - 1 : newest, count);
    const { rows } = await this.steps.collect(chatId, next, limit, new TextBudget());
    rows.reverse();
    return { data: rows, has_more: rows.length > 0 && rows[0].seq > 1 };
  }

  /** Those of the messages that are in the room, by `seq` ascending. */
  some(userId: string, chatId: string, ids: string[]): Promise<Page<Message>> {
    return this.turns.run(userId, async () => this.opened(await this.sealedSome(chatId, ids)));
  }

  private async sealedSome(chatId: string, ids: string[]): Promise<Page<Message>> {
    const found = await this.database.rows<[string, number]>(FIND_PLACES, [ids]);
    const places = found.filter(([id]) => id === chatId).sort(([, one], [, other]) => one - other);
    const most = places.length;
    const next: Step = async (count) => {
      const rows = await this.sealedAt(places.splice(0, count));
      return rows.sort((one, other) => one.seq - other.seq);
    };
    const { rows } = await this.steps.collect(chatId, next, most, new TextBudget());
    return { data: rows, has_more: rows.length < most };
  }

  /** By `change` ascending. */
  changed(userId: string, changes: Changes): Promise<Page<Message>> {
    return this.turns.run(userId, async () =>
      this.opened(await this.changedSealed(changes, new TextBudget())),
    );
  }

  /**
   * The same with nothing opened, where what several pages hold goes into one answer.
   *
   * @param budget of that answer
   */
  changedSealed(
    { chatId, after, upTo, limit }: Changes,
    budget: TextBudget,
    reads: Reads = this.database,
  ): Promise<Page<Message>> {
    const next: Step = async (count, last) => {
      const parameters = [chatId, last?.change ?? after, count];
      const rows = (await reads.rows<MessageRow>(CHANGED_AFTER, parameters)).map(toMessage);
      return rows.filter((row) => row.change <= upTo);
    };
    return this.pageFrom(chatId, next, limit, budget);
  }

  /**
   * The messages at these places, sealed.
   *
   * @param places room and `seq` of each
   * @param mostBytes of their texts, where longer ones are left out
   */
  async sealedAt(
    places: [string, number][],
    reads: Reads = this.database,
    mostBytes?: number,
  ): Promise<Message[]> {
    const rows =
      mostBytes === undefined
        ? await reads.rows<MessageRow>(FIND_AT, [places])
        : await reads.rows<MessageRow>(FIND_SHORT_AT, [places, mostBytes]);
    return rows.map(toMessage);
  }

  /** A page in the direction of its steps. */
  private async pageFrom(
    chatId: string,
    next: Step,
    limit: number,
    budget: TextBudget,
  ): Promise<Page<Message>> {
    const { rows, isEnd } = await this.steps.collect(chatId, next, limit + 1, budget);
    return { data: rows.slice(0, limit), has_more: !isEnd };
  }

  private async opened(page: Page<Message>): Promise<Page<Message>> {
    await this.sealer.openAll(page.data);
    return page;
  }
}
